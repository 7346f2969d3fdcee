import Foundation
import Tensors

/// A value while a network runs.
final class ONNXValue {
  /// What decides a value.
  enum Origin: Comparable {
    /// The file alone.
    case file
    /// How many images there are, and how large, too.
    case shape
    /// The pixels, too.
    case images
  }

  let tensor: Tensor
  let origin: Origin
  /// Where the images are not the outermost part of the axis that grows with them: how many elements of it each has before it,
  /// see ``ONNXBatch``.
  let inner: Int
  private var read: [Int]?
  private(set) var transposed: Tensor?

  init(_ tensor: Tensor, _ origin: Origin, inner: Int = 1) {
    (self.tensor, self.origin, self.inner) = (tensor, origin, inner)
  }

  /// The elements as integers, for shapes, axes and the like.
  ///
  /// - Throws: ``ONNXError/unsupported(_:)`` when the pixels decide them.
  @TorchActor func integers() throws -> [Int] {
    if let read { return read }
    guard origin < .images else { throw ONNXError.unsupported("chooses shapes or places by the values of pixels") }
    guard tensor.count <= 1 << 20 else {
      throw ONNXError.unsupported("has a list of \(tensor.count) places or lengths")
    }
    let integers = try tensor.integers()
    read = integers
    return integers
  }

  /// A matrix the other way around, for `aten::linear`; the very same one each time.
  @TorchActor func transpose() throws -> Tensor {
    if let transposed { return transposed }
    let result = try aten("t", ["self": .tensor(tensor)])
    if origin == .file { transposed = result }
    return result
  }
}

/// Calls an operator of libtorch with one result.
///
/// - Parameters:
///   - name: without `aten::`, with its overload, e.g. `add.Tensor`.
///   - arguments: by their names.
@TorchActor func aten(_ name: String, _ arguments: KeyValuePairs<String, Operator.Argument>) throws -> Tensor {
  guard let tensor = try atenAll(name, arguments)[0] else {
    throw ONNXError.unsupported("needs a result that \(name) does not have")
  }
  return tensor
}

/// Calls an operator of libtorch with any number of results.
@TorchActor func atenAll(_ name: String, _ arguments: KeyValuePairs<String, Operator.Argument>) throws -> [Tensor?] {
  let parts = name.split(separator: ".", maxSplits: 1)
  let found = try Operator("aten::\(parts[0])", overload: parts.count > 1 ? String(parts[1]) : "")
  return try found(arguments.map { ($0.key, $0.value) })
}

/// An operator of the file with what it is given.
@TorchActor struct ONNXCall {
  let node: ONNXNode
  let inputs: [ONNXValue?]
  let files: ONNXWeightFiles
  let device: Device
  let batch: ONNXBatch

  var title: String { node.title }

  func fails(_ what: String) -> ONNXError { .unsupported("has an operator \(title) that \(what)") }

  func value(_ index: Int) throws -> ONNXValue {
    guard index < inputs.count, let value = inputs[index] else {
      throw ONNXError.damaged("an operator \(title) lacks its input \(index + 1)")
    }
    return value
  }

  func has(_ index: Int) -> Bool { index < inputs.count && inputs[index] != nil }

  func tensor(_ index: Int) throws -> Tensor { try value(index).tensor }

  func optional(_ index: Int) -> Operator.Argument {
    if has(index), let tensor = inputs[index]?.tensor { .tensor(tensor) } else { .none }
  }

  func integers(_ index: Int) throws -> [Int]? { has(index) ? try value(index).integers() : nil }

  /// The elements of a value that the pixels do not decide.
  func doubles(_ index: Int) throws -> [Double]? {
    guard has(index) else { return nil }
    guard try value(index).origin < .images, try tensor(index).count <= 1 << 20 else {
      throw fails("takes numbers that depend on pixels")
    }
    return try tensor(index).doubles()
  }

  /// All inputs on the device where one is.
  func aligned() throws -> [Tensor] {
    let tensors = try inputs.indices.map { try tensor($0) }
    guard device != .cpu, tensors.contains(where: { $0.device != .cpu }) else { return tensors }
    return try tensors.map { $0.device == .cpu ? try $0.to(device) : $0 }
  }

  func int(_ name: String) throws -> Int? {
    switch node.attributes[name] {
    case nil: return nil
    case .int(let number): return number
    default: throw mismatch(name)
    }
  }

  func int(_ name: String, _ standard: Int) throws -> Int { try int(name) ?? standard }

  func float(_ name: String, _ standard: Float) throws -> Double {
    switch node.attributes[name] {
    case nil: return Double(standard)
    case .float(let number): return Double(number)
    default: throw mismatch(name)
    }
  }

  func ints(_ name: String) throws -> [Int]? {
    switch node.attributes[name] {
    case nil: return nil
    case .ints(let numbers): return numbers
    default: throw mismatch(name)
    }
  }

  func floats(_ name: String) throws -> [Float]? {
    switch node.attributes[name] {
    case nil: return nil
    case .floats(let numbers): return numbers
    default: throw mismatch(name)
    }
  }

  func string(_ name: String, _ standard: String) throws -> String {
    switch node.attributes[name] {
    case nil: return standard
    case .string(let text): return text
    default: throw mismatch(name)
    }
  }

  private func mismatch(_ name: String) -> ONNXError {
    .damaged("the attribute “\(name)” of an operator \(title) is of the wrong kind")
  }

  /// An axis of a tensor of some rank, counted from its end where negative.
  func axis(_ axis: Int, rank: Int) throws -> Int {
    guard -rank..<rank ~= axis else {
      throw ONNXError.damaged("an operator \(title) names the axis \(axis) of a tensor with \(rank) axes")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// Holds a shape that the file asks for against what memory is for.
  func check(_ shape: [Int]) throws -> [Int] {
    guard shape.count <= 64 else { throw fails("makes a tensor of \(shape.count) axes") }
    guard let count = TensorLayout.count(of: shape), count <= 1 << 28 else {
      throw fails("makes a tensor of the shape \(shape)")
    }
    return shape
  }
}
