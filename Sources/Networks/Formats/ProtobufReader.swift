import Foundation

/// The fields of one protocol-buffers message, one after the other, as they stand in the file.
///
/// Every length is held against the bytes that are there. Nothing is copied: what is nested is a slice of the file, so that a mapped
/// file of many gigabytes costs only what is read of it. Format: https://protobuf.dev/programming-guides/encoding.
struct ProtobufReader {
  /// How many fields may still be read in the whole file, so that a file of empty messages, each of which would become a
  /// large object, does not take many times its size.
  final class Budget {
    private var left: Int

    init(_ fields: Int) { left = fields }

    fileprivate func spend() throws {
      left -= 1
      guard left >= 0 else { throw ONNXError.damaged("it has more entries than any network") }
    }
  }

  struct Field {
    enum Value {
      case varint(UInt64)
      case fixed64(UInt64)
      case fixed32(UInt32)
      case bytes(Data)
    }

    let number: Int
    let value: Value
    fileprivate let budget: Budget
  }

  private let data: Data
  private var place: Int
  private let budget: Budget

  init(_ data: Data, budget: Budget) {
    self.data = data
    place = data.startIndex
    self.budget = budget
  }

  /// The next field; nil at the end.
  private mutating func next() throws -> Field? {
    guard place < data.endIndex else { return nil }
    try budget.spend()
    let key = try varint()
    guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw ONNXError.damaged("it has a field without a number") }
    let value: Field.Value
    switch key & 7 {
    case 0: value = .varint(try varint())
    case 1: value = .fixed64(try fixed())
    case 2: value = .bytes(try take(Int(clamping: varint())))
    case 5: value = .fixed32(try fixed())
    default: throw ONNXError.damaged("it has a field of the unknown kind \(key & 7)")
    }
    return Field(number: Int(key >> 3), value: value, budget: budget)
  }

  /// Goes over all fields.
  func eachField(_ body: (Field) throws -> Void) throws {
    var rest = self
    while let field = try rest.next() { try body(field) }
  }

  private mutating func varint() throws -> UInt64 {
    var number: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard place < data.endIndex else { throw Self.cutOff }
      let byte = data[place]
      place += 1
      number |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return number }
    }
    throw ONNXError.damaged("it has a number of more than ten bytes")
  }

  private mutating func fixed<Number: FixedWidthInteger>() throws -> Number {
    try take(MemoryLayout<Number>.size).withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(as: Number.self)) }
  }

  private mutating func take(_ count: Int) throws -> Data {
    guard count <= data.endIndex - place else { throw Self.cutOff }
    defer { place += count }
    return data[place..<place + count]
  }

  private static let cutOff = ONNXError.damaged("an entry is said to go on behind its end")
}

extension ProtobufReader.Field {
  private var mismatch: ONNXError { .damaged("the field \(number) of one of its entries is of the wrong kind") }

  func int() throws -> Int {
    guard case .varint(let number) = value else { throw mismatch }
    return Int(Int64(bitPattern: number))
  }

  func float() throws -> Float {
    guard case .fixed32(let bits) = value else { throw mismatch }
    return Float(bitPattern: bits)
  }

  func bytes() throws -> Data {
    guard case .bytes(let data) = value else { throw mismatch }
    return data
  }

  func string() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

  /// The fields of a nested message.
  func message() throws -> ProtobufReader { ProtobufReader(try bytes(), budget: budget) }

  /// Numbers of a repeated field: all of them packed, or one.
  func ints() throws -> [Int] {
    guard case .bytes(let data) = value else { return [try int()] }
    return try data.withUnsafeBytes { bytes in
      var numbers: [Int] = []
      var number: UInt64 = 0
      var shift: UInt64 = 0
      for byte in bytes {
        guard shift < 64 else { throw ONNXError.damaged("it has a number of more than ten bytes") }
        number |= UInt64(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 {
          numbers.append(Int(Int64(bitPattern: number)))
          (number, shift) = (0, 0)
        }
      }
      guard shift == 0 else { throw ONNXError.damaged("it ends within a number") }
      return numbers
    }
  }

  /// The little-endian bytes of numbers of a repeated field of four or eight bytes each: all of them packed, or one.
  func fixedBytes(_ size: Int) throws -> Data {
    switch value {
    case .fixed32(let bits) where size == 4: return withUnsafeBytes(of: bits.littleEndian) { Data($0) }
    case .fixed64(let bits) where size == 8: return withUnsafeBytes(of: bits.littleEndian) { Data($0) }
    case .bytes(let data) where data.count.isMultiple(of: size): return data
    default: throw mismatch
    }
  }
}
