import Foundation
import Tensors

/// Reads what Python's pickle wrote, of which it knows just what dictionaries of tensors are made of, and calls nothing.
struct PickleReader {
  /// What was read.
  indirect enum Value {
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case text(String)
    case tuple(Container)
    case list(Container)
    case dictionary(Container)
    case function(Function)
    case storageType(StorageType)
    case storage(Storage)
    case tensor(StoredTensor)
    /// A value that nothing is done with.
    case other

    var container: Container? {
      switch self {
      case .tuple(let container), .list(let container), .dictionary(let container): container
      default: nil
      }
    }
  }

  /// A tuple, or a list or dictionary, which are filled after they were made.
  final class Container {
    var elements: [Value]
    /// Those with keys of text.
    var entries: [String: Value] = [:]
    /// How deep what it holds is nested.
    var depth = 0
    /// Whether another value holds it, from when on it cannot change: so that none can hold itself.
    var isHeld = false

    init(_ elements: [Value] = []) { self.elements = elements }
  }

  /// What may be called.
  enum Function: String {
    case orderedDictionary = "collections.OrderedDict"
    case tensor = "torch._utils._rebuild_tensor_v2"
    case parameter = "torch._utils._rebuild_parameter"
    case size = "torch.Size"
  }

  struct StorageType {
    let name: String
    let size: Int
    /// Nil for one that is not used here.
    let elementType: ElementType?

    private static let all: [String: (Int, ElementType?)] = [
      "DoubleStorage": (8, .float64), "FloatStorage": (4, .float32), "HalfStorage": (2, .float16),
      "BFloat16Storage": (2, .bfloat16), "LongStorage": (8, .int64), "IntStorage": (4, .int32),
      "ShortStorage": (2, nil), "CharStorage": (1, nil), "ByteStorage": (1, .uint8), "BoolStorage": (1, .bool),
      "ComplexFloatStorage": (8, nil), "ComplexDoubleStorage": (16, nil),
    ]

    init?(_ name: String) {
      guard let (size, type) = Self.all[name] else { return nil }
      (self.name, self.size, elementType) = (name, size, type)
    }
  }

  struct Storage {
    let key: String
    let type: StorageType
    /// In elements.
    let count: Int
  }

  struct StoredTensor {
    let storage: Storage
    let layout: TensorLayout
  }

  private let data: Data
  private var position = 0
  var stack: [Value] = []
  var marks: [Int] = []
  var memo: [Int: Value] = [:]
  /// The types of the storages that were named so far, by their keys.
  var storages: [String: StorageType] = [:]

  /// Deeper values could overflow the stack when they are freed.
  private static let deepest = 200

  init(_ data: Data) { self.data = data }

  // MARK: Bytes

  mutating func take(_ count: Int) throws -> Data {
    guard count >= 0, count <= data.count - position else { throw ModelFileError.damaged("it is cut off") }
    defer { position += count }
    return data[(data.startIndex + position)..<(data.startIndex + position + count)]
  }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws -> Number {
    guard let number = data.number(Number.self, at: position) else { throw ModelFileError.damaged("it is cut off") }
    position += MemoryLayout<Number>.size
    return number
  }

  mutating func length<Number: FixedWidthInteger>(_: Number.Type) throws -> Int {
    guard let length = Int(exactly: try number(Number.self)) else { throw ModelFileError.damaged("it is cut off") }
    return length
  }

  mutating func text(_ count: Int) throws -> String {
    guard let text = String(data: try take(count), encoding: .utf8) else { throw fault("has a text that is none") }
    return text
  }

  mutating func line() throws -> String {
    guard let end = data.dropFirst(position).firstIndex(of: UInt8(ascii: "\n")) else {
      throw ModelFileError.damaged("it is cut off")
    }
    let text = try text(end - data.startIndex - position)
    position += 1
    return text
  }

  func fault(_ what: String) -> ModelFileError {
    .damaged("its pickle \(what) (byte \(data.startIndex + position))")
  }

  // MARK: Values

  mutating func pop() throws -> Value {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw fault("takes more values than there are")
    }
    return value
  }

  mutating func popToMark() throws -> [Value] {
    guard let mark = marks.popLast(), mark <= stack.count else { throw fault("takes more values than there are") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  /// How deep values are that are now held by another one.
  func holding(_ values: [Value]) throws -> Int {
    var depth = 0
    for value in values {
      guard let inner = value.container else { continue }
      inner.isHeld = true
      depth = max(depth, inner.depth)
    }
    guard depth < Self.deepest else { throw fault("nests its values too deeply") }
    return depth + 1
  }
}
