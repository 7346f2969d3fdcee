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
    let result = try aten("t", tensor)
    if origin == .file { transposed = result }
    return result
  }
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

  /// The first input and one of its axes, which the attribute “axis” names.
  func inputAndAxis(_ standard: Int) throws -> (Tensor, Int) {
    let input = try tensor(0)
    return (input, try axis(int("axis", standard), rank: input.shape.count))
  }

  func has(_ index: Int) -> Bool { index < inputs.count && inputs[index] != nil }

  func tensor(_ index: Int) throws -> Tensor { try value(index).tensor }

  func optional(_ index: Int) -> Tensor? { has(index) ? inputs[index]?.tensor : nil }

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

  /// An attribute that `read` takes apart; nil where there is none.
  private func attribute<Value>(_ name: String, _ read: (ONNXAttribute) -> Value?) throws -> Value? {
    guard let attribute = node.attributes[name] else { return nil }
    guard let value = read(attribute) else {
      throw ONNXError.damaged("the attribute “\(name)” of an operator \(title) is of the wrong kind")
    }
    return value
  }

  func int(_ name: String) throws -> Int? {
    try attribute(name) { if case .int(let number) = $0 { number } else { nil } }
  }

  func int(_ name: String, _ standard: Int) throws -> Int { try int(name) ?? standard }

  func float(_ name: String, _ standard: Float) throws -> Double {
    Double(try attribute(name) { if case .float(let number) = $0 { number } else { nil } } ?? standard)
  }

  func ints(_ name: String) throws -> [Int]? {
    try attribute(name) { if case .ints(let numbers) = $0 { numbers } else { nil } }
  }

  func floats(_ name: String) throws -> [Float]? {
    try attribute(name) { if case .floats(let numbers) = $0 { numbers } else { nil } }
  }

  func string(_ name: String, _ standard: String) throws -> String {
    try attribute(name) { if case .string(let text) = $0 { text } else { nil } } ?? standard
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
