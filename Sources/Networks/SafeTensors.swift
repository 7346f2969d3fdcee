import Files
import Foundation
import Tensors

/// The safetensors format: eight bytes with the length of a JSON header, the header, the tensors' bytes.
///
/// The header names every tensor with type, shape and place, and holds free text under `__metadata__`. Everything in it is
/// checked against the file before a byte of data is touched. Format: https://github.com/huggingface/safetensors.
public struct SafeTensors {
  public var tensors: [String: Tensor]
  public var metadata: [String: String]

  /// As in the format's own reader: longer headers are refused.
  private static let longestHeader = 100_000_000

  private static let types: [(name: String, type: ElementType)] = [
    ("U8", .uint8), ("I32", .int32), ("I64", .int64), ("F16", .float16), ("BF16", .bfloat16), ("F32", .float32),
    ("F64", .float64), ("BOOL", .bool),
  ]

  public init(tensors: [String: Tensor], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// Whether a file begins as safetensors files do.
  public static func recognizes(_ url: URL) -> Bool {
    guard let handle = try? FileHandle(forReadingFrom: url), let start = try? handle.read(upToCount: 9),
      start.count == 9, let size = try? handle.seekToEnd()
    else { return false }
    return start[8] == UInt8(ascii: "{") && headerLength(start) <= Int(clamping: size) - 8
  }

  /// Reads a file.
  ///
  /// - Throws: ``ModelFileError`` when it is damaged or lies about itself; Foundation's error when it cannot be read.
  @TorchActor public init(contentsOf url: URL) throws {
    let (entries, data) = try Self.open(url)
    tensors = [:]
    metadata = try Self.metadata(entries)
    for case (let name, .tensor(let place)) in entries { tensors[name] = try Self.tensor(name, place, in: data) }
  }

  /// Reads the free text of a file, without its tensors.
  ///
  /// - Throws: as ``init(contentsOf:)``.
  public static func metadata(of url: URL) throws -> [String: String] { try metadata(open(url).entries) }

  private static func metadata(_ entries: [String: Entry]) throws -> [String: String] {
    for (name, entry) in entries {
      if case .metadata = entry, name != "__metadata__" {
        throw ModelFileError.damaged("“\(name.plain)” is not a tensor")
      }
    }
    if case .metadata(let texts) = entries["__metadata__"] { return texts }
    return [:]
  }

  private static func open(_ url: URL) throws -> (entries: [String: Entry], data: Data) {
    let file = try Data(contentsOf: url, options: .alwaysMapped)
    guard file.count >= 8 else { throw ModelFileError.damaged("it has only \(file.count) bytes") }
    let length = headerLength(file)
    guard length <= min(file.count - 8, longestHeader) else {
      throw ModelFileError.damaged("its header is said to have \(length) bytes, and the file has \(file.count)")
    }
    let header = file[8..<8 + length]
    guard header.first == UInt8(ascii: "{"),
      let entries = try? JSONDecoder().decode([String: Entry].self, from: header)
    else { throw ModelFileError.damaged("its header is not the JSON that the format asks for") }
    if let name = RepeatedKey.first(in: header) {
      throw ModelFileError.damaged("its header says “\(name.plain)” twice")
    }
    let data = file[(8 + length)...]
    try checkLayout(entries, bytes: data.count)
    return (entries, data)
  }

  /// One tensor's bytes follow on another's, from the first byte to the last: as the format's own reader wants it, so that no
  /// file means one thing here and another thing there.
  private static func checkLayout(_ entries: [String: Entry], bytes: Int) throws {
    let places = try entries.compactMap { name, entry -> (name: String, start: Int, end: Int)? in
      guard case .tensor(let place) = entry else { return nil }
      guard place.offsets.count == 2, 0 <= place.offsets[0], place.offsets[0] <= place.offsets[1],
        place.offsets[1] <= bytes
      else { throw ModelFileError.damaged("“\(name.plain)” is said to lie outside of the file") }
      return (name, place.offsets[0], place.offsets[1])
    }
    var end = 0
    for place in places.sorted(by: { ($0.start, $0.end, $0.name) < ($1.start, $1.end, $1.name) }) {
      guard place.start >= end else {
        throw ModelFileError.damaged("“\(place.name.plain)” overlaps with another tensor")
      }
      guard place.start == end else {
        throw ModelFileError.damaged("\(place.start - end) bytes before “\(place.name.plain)” belong to no tensor")
      }
      end = place.end
    }
    guard end == bytes else { throw ModelFileError.damaged("\(bytes - end) bytes at its end belong to no tensor") }
  }

  @TorchActor private static func tensor(_ name: String, _ place: Place, in data: Data) throws -> Tensor {
    guard let type = types.first(where: { $0.name == place.dtype })?.type else {
      throw ModelFileError.damaged("“\(name.plain)” has the unknown type \(place.dtype.plain)")
    }
    var bytes = type.size
    for length in place.shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else { throw ModelFileError.damaged("“\(name.plain)” has an impossible shape") }
      bytes = product
    }
    guard bytes == place.offsets[1] - place.offsets[0] else {
      throw ModelFileError.damaged("“\(name.plain)” has a shape and a length that contradict each other")
    }
    return try data[(data.startIndex + place.offsets[0])..<(data.startIndex + place.offsets[1])]
      .withUnsafeBytes { try Tensor(bytes: $0, type: type, shape: place.shape) }
  }

  /// Writes the file whole: one that was there is replaced in one step.
  ///
  /// - Throws: `FileError`; `TorchError`.
  public func write(to url: URL) throws {
    var entries: [String: Entry] = ["__metadata__": .metadata(metadata)]
    var data = Data()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      guard let type = Self.types.first(where: { $0.type == tensor.type })?.name else {
        preconditionFailure("“\(name)” has a type that safetensors does not know")
      }
      let start = data.count
      data.append(contentsOf: try tensor.bytes())
      entries[name] = .tensor(Place(dtype: type, shape: tensor.shape, offsets: [start, data.count]))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var header = try encoder.encode(entries)
    // The data begin at a multiple of eight bytes, as the format recommends.
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    var file = Data()
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
    let whole = try WholeFile(url)
    try whole.write(file + header)
    try whole.write(data)
    try whole.keep()
  }

  private static func headerLength(_ file: Data) -> Int {
    Int(clamping: file.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  private struct Place: Codable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private enum Entry: Codable {
    case tensor(Place)
    case metadata([String: String])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let place = try? container.decode(Place.self) {
        self = .tensor(place)
      } else {
        self = .metadata(try container.decode([String: String].self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .tensor(let place): try container.encode(place)
      case .metadata(let texts): try container.encode(texts)
      }
    }
  }
}
