import Files
import Foundation
import Tensors

/// A constant in the file or beside it.
struct ONNXTensor {
  var name = ""
  private(set) var shape: [Int] = []
  private(set) var type = 0
  /// Little-endian, in the type's own size.
  private var raw: Data?
  private var external: [String: String]?

  init(_ message: ProtobufReader) throws {
    var isExternal = false
    var integers: [Int] = []
    var (floats, doubles) = (Data(), Data())
    try message.eachField { field in
      switch field.number {
      case 1: shape += try field.ints()
      case 2: type = try field.int()
      case 4: floats += try field.fixedBytes(4)
      case 5, 7, 11: integers += try field.ints()
      case 8: name = try field.string()
      case 9: raw = try field.bytes()
      case 10: doubles += try field.fixedBytes(8)
      case 13:
        var (key, value) = ("", "")
        try field.message().eachField { field in
          if field.number == 1 { key = try field.string() } else if field.number == 2 { value = try field.string() }
        }
        external = (external ?? [:]).merging([key: value]) { $1 }
      case 14: isExternal = try field.int() == 1
      default: break
      }
    }
    guard isExternal else {
      external = nil
      raw = raw ?? packed(integers) ?? (floats.isEmpty ? doubles : floats)
      return
    }
    external = external ?? [:]
  }

  /// Numbers of lists, which may be written for any type, as raw data.
  private func packed(_ integers: [Int]) -> Data? {
    guard !integers.isEmpty, let size = Self.types[type]?.size else { return nil }
    var data = Data(capacity: integers.count * size)
    for integer in integers { withUnsafeBytes(of: integer.littleEndian) { data.append(contentsOf: $0.prefix(size)) } }
    return data
  }

  /// Of ONNX's codes those that networks have; what is left out are texts, complex numbers and those of less than a byte.
  private static let types: [Int: (name: String, size: Int)] = [
    1: ("float", 4), 2: ("uint8", 1), 3: ("int8", 1), 4: ("uint16", 2), 5: ("int16", 2), 6: ("int32", 4),
    7: ("int64", 8),
    9: ("bool", 1), 10: ("float16", 2), 11: ("double", 8), 12: ("uint32", 4), 13: ("uint64", 8), 16: ("bfloat16", 2),
  ]

  /// The numbers: those of 16 bits as float32, all integers as int64.
  ///
  /// - Parameter files: where external ones are looked for.
  /// - Throws: ``ONNXError``; `TorchError` when there is not enough memory.
  @TorchActor func tensor(_ files: ONNXWeightFiles) throws -> Tensor {
    guard let (_, size) = Self.types[type] else {
      throw ONNXError.unsupported("has a constant\(title) of the type \(type) in ONNX's numbering")
    }
    guard let count = TensorLayout.count(of: shape) else {
      let shown = shape.prefix(8).map(String.init).joined(separator: ", ") + (shape.count > 8 ? ", …" : "")
      throw ONNXError.damaged("a constant\(title) has the impossible shape [\(shown)]")
    }
    let bytes = count * size
    let data = try external.map { try files.data($0, bytes: bytes, of: title) } ?? raw ?? Data()
    guard data.count == bytes else {
      throw ONNXError.damaged("a constant\(title) of the shape \(shape) takes \(bytes) bytes, but has \(data.count)")
    }
    return try data.withUnsafeBytes { bytes in
      @TorchActor func read(_ type: ElementType) throws -> Tensor { try Tensor(bytes: bytes, type: type, shape: shape) }
      @TorchActor func widened<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws -> Tensor {
        try Tensor(
          stride(from: 0, to: bytes.count, by: size).map {
            Int64(truncatingIfNeeded: Number(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Number.self)))
          }, shape: shape)
      }
      switch type {
      case 1: return try read(.float32)
      case 2: return try read(.uint8).to(.int64)
      case 3: return try widened(Int8.self)
      case 4: return try widened(UInt16.self)
      case 5: return try widened(Int16.self)
      case 6: return try read(.int32).to(.int64)
      case 7: return try read(.int64)
      // By way of bytes, of which any but zero is true.
      case 9: return try read(.uint8).to(.bool)
      case 10: return try read(.float16).to(.float32)
      case 11: return try read(.float64)
      case 12: return try widened(UInt32.self)
      case 13: return try widened(UInt64.self)
      default: return try read(.bfloat16).to(.float32)
      }
    }
  }

  private var title: String { name.isEmpty ? "" : " “\(name.plain)”" }
}

/// The files of weights beside a model, which it names; nothing outside of its folder is opened.
final class ONNXWeightFiles {
  private let folder: URL
  private var files: [String: Data] = [:]
  private var taken: [String: Int] = [:]
  /// How often constants may share bytes, so that a small file cannot fill the memory.
  private static let mostShared = 4

  init(beside model: URL) { folder = model.deletingLastPathComponent() }

  /// The bytes of a constant.
  ///
  /// - Parameters:
  ///   - entries: what the model says of the place: location, offset, length.
  ///   - bytes: what its shape takes.
  ///   - title: of the constant.
  fileprivate func data(_ entries: [String: String], bytes: Int, of title: String) throws -> Data {
    let location = entries["location"] ?? ""
    func fail(_ problem: String) -> ONNXError { .externalData(location.plain, problem: problem) }
    let file = try files[location] ?? open(location)
    files[location] = file
    guard let offset = Int(entries["offset"] ?? "0"), let length = Int(entries["length"] ?? "\(bytes)"), offset >= 0,
      length >= 0
    else { throw fail("the place of the constant\(title) is no number") }
    guard length == bytes else {
      throw fail("the constant\(title) takes \(bytes) bytes, not the \(length) that it is said to have")
    }
    guard offset <= file.count, length <= file.count - offset else {
      throw fail("the file has \(file.count) bytes, and the constant\(title) would be the \(length) from \(offset) on")
    }
    taken[location, default: 0] += length
    guard taken[location, default: 0] <= Self.mostShared * file.count else {
      throw fail("its constants share bytes, and are far larger together than the file")
    }
    return file[(file.startIndex + offset)..<(file.startIndex + offset + length)]
  }

  private func open(_ location: String) throws -> Data {
    func fail(_ problem: String) -> ONNXError { .externalData(location.plain, problem: problem) }
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.isEmpty, !location.utf8.contains(0), parts.first != "", !parts.contains("..") else {
      throw fail("that is no path below the model's folder")
    }
    guard let base = realpath(folder.path(percentEncoded: false), nil) else {
      throw fail("the model's folder cannot be read")
    }
    defer { free(base) }
    guard let path = realpath(folder.appending(path: location).path(percentEncoded: false), nil) else {
      throw fail("there is no such file beside the model; keep the two together")
    }
    defer { free(path) }
    let root = String(cString: base)
    guard "\(String(cString: path))/".hasPrefix(root == "/" ? root : root + "/") else {
      throw fail("that is a link to outside of the model's folder")
    }
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw fail("that is no file") }
    return try Data(contentsOf: URL(filePath: String(cString: path)), options: .alwaysMapped)
  }
}
