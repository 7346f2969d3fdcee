import Files
import Foundation
import Tensors

/// An element type as `torch.export` numbers it: one higher than libtorch does, but for bfloat16.
struct ExportedType {
  private let stored: Int

  init?(code: Int) {
    guard (1...8).contains(code) || code == 12 || code == 13 else { return nil }
    stored = code == 13 ? ElementType.bfloat16.rawValue : code - 1
  }

  /// The type of the bytes in the file; nil for one that is no use outside of operators.
  var storedType: ElementType? { ElementType(rawValue: stored) }

  /// The type in which it is computed.
  var elementType: ElementType? { storedType.map { [.float16, .bfloat16].contains($0) ? .float32 : $0 } }

  /// libtorch's own number of the type in which it is computed.
  var torchCode: Int { elementType?.rawValue ?? stored }
}

/// The tensors that lie in an archive of `torch.export`.
struct ExportedTensors {
  let zip: StoredZip
  /// The record and what is said of the tensor in it, by the tensor's name.
  var entries: [String: (record: String, payload: ExportedSchema.Payloads.Entry)] = [:]

  private var memory: MemoryBudget

  init(zip: StoredZip, bytes: Int) {
    self.zip = zip
    memory = MemoryBudget(file: bytes)
  }

  /// - Returns: nil where there is none of that name.
  /// - Throws: ``ModelFileError``.
  @TorchActor mutating func tensor(_ name: String, on device: Device) throws -> Tensor? {
    guard let (record, payload) = entries[name] else { return nil }
    func damaged(_ what: String) -> ModelFileError { .damaged("the weights “\(name.plain)” \(what)") }

    guard !payload.usePickle, let meta = payload.tensorMeta else {
      throw damaged("are no plain tensor but an object of Python's")
    }
    guard let type = ExportedType(code: meta.dtype), let stored = type.storedType, let computed = type.elementType
    else {
      throw damaged("have the element type \(meta.dtype), which is not used here")
    }
    guard let bytes = zip[record] else {
      throw damaged("are said to lie in “\(record.plain)”, which is not there")
    }
    let strides = meta.strides.compactMap(\.fixed)
    guard let shape = meta.shape, strides.count == shape.count, meta.strides.count == shape.count,
      let offset = meta.storageOffset.fixed
    else { throw damaged("have no fixed shape") }
    guard bytes.count.isMultiple(of: stored.size) else { throw damaged("have a part of an element") }
    let layout = TensorLayout(shape: shape, strides: strides, offset: offset)
    let available = bytes.count / stored.size
    guard let count = layout.count(within: available) else {
      throw damaged("have the shape \(shape), which reaches beyond their \(bytes.count) bytes")
    }
    try memory.take(max(count * stored.size, layout.isContiguous ? 0 : bytes.count), for: name)
    let tensor = try layout.tensor(of: bytes, type: stored, count: count)
    return try tensor.to(computed, device)
  }
}

/// How a tensor's elements lie in a storage.
struct TensorLayout {
  let shape: [Int]
  let strides: [Int]
  let offset: Int

  /// The number of elements of a shape; nil for one that no tensor can have.
  ///
  /// Where one length is 0, the others must be such that they could be multiplied all the same.
  static func count(of shape: [Int]) -> Int? {
    guard shape.count <= 64 else { return nil }
    var reach = 1
    for length in shape {
      let (product, overflow) = reach.multipliedReportingOverflow(by: max(1, length))
      guard length >= 0, !overflow, product <= 1 << 40 else { return nil }
      reach = product
    }
    return shape.contains(0) ? 0 : reach
  }

  /// The number of elements, if all of them lie within a storage of that many; nil if one does not.
  func count(within storage: Int) -> Int? {
    guard shape.count == strides.count, offset >= 0, strides.allSatisfy({ $0 >= 0 }),
      let count = Self.count(of: shape)
    else { return nil }
    if count == 0 { return 0 }
    var (last, overflow) = (offset, false)
    for (length, stride) in zip(shape, strides) {
      let (reach, tooFar) = (length - 1).multipliedReportingOverflow(by: stride)
      let (sum, beyond) = last.addingReportingOverflow(reach)
      (last, overflow) = (sum, overflow || tooFar || beyond)
    }
    return !overflow && last < storage ? count : nil
  }

  var isContiguous: Bool {
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() {
      if length != 1 && stride != expected { return false }
      expected *= length
    }
    return true
  }

  /// A tensor of its own with these elements of a storage, laid out as they are.
  ///
  /// - Parameter count: what ``count(within:)`` said.
  @TorchActor func tensor(of storage: Data, type: ElementType, count: Int) throws -> Tensor {
    func flat(_ part: Data, _ shape: [Int]) throws -> Tensor {
      try part.withUnsafeBytes { try Tensor(bytes: $0, type: type, shape: shape) }
    }
    if count == 0 || isContiguous {
      let start = storage.startIndex + (count == 0 ? 0 : offset * type.size)
      return try flat(storage[start..<start + count * type.size], shape)
    }
    let whole = try flat(storage, [storage.count / type.size])
    return try aten("as_strided", whole, shape, strides, offset)
  }
}
