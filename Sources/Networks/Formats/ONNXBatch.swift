import Tensors

/// Runs what was written for one number of images with another.
///
/// Such a file has that number in the shapes that it asks for, often within a product, such as images × windows. So it is run
/// once for its own number, each Reshape's shapes are recorded, and for another number the axis grows which the images are part of:
/// row-major order says which one that is, but for axes of length 1, where the outermost is taken.
@TorchActor final class ONNXBatch {
  /// The number of images that the file was written for; nil for any.
  nonisolated let written: Int?
  /// Whether the images at hand are another number than the file was written for.
  var isFixed: Bool { isRecorded && !isRecording && count != written }
  /// The number of images at hand.
  var count = 0
  private(set) var isRecorded = false
  private var isRecording = false
  private var inners: [ObjectIdentifier: Int] = [:]

  nonisolated init(written: Int?) { self.written = written }

  func record(_ body: () throws -> Void) throws {
    isRecording = true
    defer { isRecording = false }
    try body()
    isRecorded = true
  }

  /// Constants that have a row for each image get as many rows as there are images, all like the first.
  ///
  /// - Parameter broadcasts: whether a single row does.
  func matched(_ values: [ONNXValue?], _ tensors: [Tensor], broadcasts: Bool = true) throws -> [Tensor] {
    guard let written, isRecorded, !isRecording, count != written,
      zip(values, tensors).contains(where: { $0?.origin == .images && $1.shape.first == count })
    else { return tensors }
    let rank = tensors.map(\.shape.count).max()
    return try zip(values, tensors).map { value, tensor in
      guard value?.origin != .images, tensor.shape.count == rank, tensor.shape.first == written,
        !broadcasts || written > 1
      else {
        return tensor
      }
      return try tensor.slice(axis: 0, 0..<1).expanded([count] + tensor.shape.dropFirst())
    }
  }

  func inner(of node: ONNXNode) -> Int { inners[ObjectIdentifier(node)] ?? 1 }

  /// The shape to give to a tensor where the file asks for `wanted`.
  ///
  /// - Parameters:
  ///   - wanted: with -1 for one length that follows from the others.
  ///   - value: what is given the shape.
  func shape(_ wanted: [Int], for value: ONNXValue, at node: ONNXNode) -> [Int] {
    if isRecording {
      node.recorded = (value.tensor.shape, Self.resolved(wanted, count: value.tensor.count))
      return wanted
    }
    guard isRecorded, value.origin == .images, let recorded = node.recorded, value.tensor.shape != recorded.input,
      let (shape, inner) = Self.shape(recorded.output, recorded.input, value.tensor.shape, inner: value.inner),
      shape.reduce(1, *) == value.tensor.count
    else {
      // The same number of any batch, and not -1 of one and what that stands for of another.
      return written == nil ? wanted : Self.resolved(wanted, count: value.tensor.count)
    }
    inners[ObjectIdentifier(node)] = inner
    return shape
  }

  private static func resolved(_ shape: [Int], count: Int) -> [Int] {
    let known = shape.filter { $0 >= 0 }.reduce(1, *)
    return shape.map { $0 >= 0 ? $0 : known > 0 ? count / known : 0 }
  }

  /// The recorded output with the images' axis grown as that of the input has.
  ///
  /// - Returns: the shape, and how many elements of that axis come before an image; nil when the input has grown otherwise.
  nonisolated static func shape(_ output: [Int], _ recorded: [Int], _ input: [Int], inner: Int) -> ([Int], inner: Int)?
  {
    guard recorded.count == input.count else { return nil }
    let grown = recorded.indices.filter { recorded[$0] != input[$0] }
    guard grown.count == 1, let axis = grown.first else { return nil }
    // How many blocks of images there are, one after the other.
    let outer = recorded[..<axis].reduce(1, *) * inner
    func grow(_ place: Int) -> [Int]? {
      let length = output[place] * input[axis]
      guard recorded[axis] > 0, length.isMultiple(of: recorded[axis]) else { return nil }
      var shape = output
      shape[place] = length / recorded[axis]
      return shape
    }
    var before = 1
    var leading: [Int] = []
    var trailing: Int?
    for (place, length) in output.enumerated() {
      if before == outer { leading.append(place) }
      before *= length
      if before == outer, length > 1 { trailing = place }
    }
    // The last axis holds features; it grows only if nothing else can.
    if let place = leading.first(where: { $0 < output.count - 1 }) ?? (trailing == nil ? leading.first : nil) {
      return grow(place).map { ($0, 1) }
    }
    guard let place = trailing else { return nil }
    return grow(place).map { ($0, output[place]) }
  }
}
