import Foundation

/// Changes files at random, as a fuzzer does.
public enum Mutation {
  /// Numbers at which programs go wrong.
  private static let numbers: [Int] = [
    0, 1, -1, 2, 7, 8, 16, 63, 64, 127, 128, 255, 256, 1000, 32767, 65535, 65536, 1 << 20, 1 << 24, 1 << 31, 1 << 32,
    1 << 40, 1 << 61, 1 << 62, .max, .min, .max - 1, .min + 1,
  ]

  /// The bytes with one to four changes: of bytes, of numbers, of parts that go, come twice or come from elsewhere; or cut off.
  public static func bytes(_ data: Data, other: Data, using random: inout SeededGenerator) -> Data {
    var data = data
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !data.isEmpty else { return data }
      let place = Int.random(in: 0..<data.count, using: &random)
      let part = place..<min(data.count, place + Int.random(in: 1...32, using: &random))
      switch Int.random(in: 0..<10, using: &random) {
      case 0: data[place] = .random(in: 0...255, using: &random)
      case 1: data[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: data[place] = data.randomElement(using: &random) ?? 0
      case 3: data.removeSubrange(part)
      case 4: data.insert(contentsOf: data[part], at: place)
      case 5: data = data.prefix(Bool.random(using: &random) ? place : data.count)
      case 6: data.replaceSubrange(part, with: ONNXFile.varint(numbers.randomElement(using: &random) ?? 0))
      case 7:
        let number = withUnsafeBytes(of: (numbers.randomElement(using: &random) ?? 0).littleEndian) { Data($0) }
        let size = [1, 2, 4, 8].randomElement(using: &random) ?? 8
        for (offset, byte) in number.prefix(size).enumerated() where place + offset < data.count {
          data[place + offset] = byte
        }
      case 8:
        // A number of a text, such as JSON's.
        guard let start = data[place...].firstIndex(where: { (0x30...0x39).contains($0) }) else { continue }
        let end = data[start...].firstIndex { !(0x30...0x39).contains($0) } ?? data.count
        data.replaceSubrange(start..<end, with: Data("\(numbers.randomElement(using: &random) ?? 0)".utf8))
      default:
        guard !other.isEmpty else { continue }
        let start = Int.random(in: 0..<other.count, using: &random)
        data.replaceSubrange(part, with: other[start..<min(other.count, start + part.count)])
      }
    }
    return data
  }

  /// A message of protocol buffers with one field changed, all lengths as they must be.
  public static func message(_ data: Data, depth: Int = 0, using random: inout SeededGenerator) -> Data {
    guard var fields = fields(of: data), !fields.isEmpty else {
      return bytes(data, other: data, using: &random)
    }
    let place = Int.random(in: 0..<fields.count, using: &random)
    switch (Int.random(in: 0..<12, using: &random), fields[place].content) {
    case (0, _): fields.remove(at: place)
    case (1, _): fields.insert(fields[place], at: place)
    case (2, _): fields[place].number = Int.random(in: 1...32, using: &random)
    case (3, _): fields.swapAt(place, Int.random(in: 0..<fields.count, using: &random))
    case (4, .bytes(let content)): fields[place].content = .bytes(bytes(content, other: data, using: &random))
    case (_, .bytes(let content)) where depth < 12:
      fields[place].content = .bytes(message(content, depth: depth + 1, using: &random))
    case (_, .number): fields[place].content = .number(ONNXFile.varint(numbers.randomElement(using: &random) ?? 0))
    case (_, _): fields[place].number += 1
    }
    return fields.reduce(into: Data()) { file, field in
      switch field.content {
      case .number(let varint): file += ONNXFile.varint(field.number << 3) + varint
      case .bytes(let content): file += ONNXFile.field(field.number, content)
      case .fixed(let kind, let content): file += ONNXFile.varint(field.number << 3 | kind) + content
      }
    }
  }

  private struct Field {
    enum Content {
      case number(Data)
      case bytes(Data)
      case fixed(Int, Data)
    }

    var number: Int
    var content: Content
  }

  /// The fields of what is a message; nil for what is none.
  private static func fields(of data: Data) -> [Field]? {
    var (rest, fields) = (data[...], [Field]())
    func varint() -> (value: Int, bytes: Data)? {
      guard let end = rest.prefix(10).firstIndex(where: { $0 < 0x80 }) else { return nil }
      let bytes = rest[...end]
      rest = rest[(end + 1)...]
      return (Int(bitPattern: bytes.reversed().reduce(UInt(0)) { $0 &<< 7 | UInt($1 & 0x7F) }), Data(bytes))
    }
    while !rest.isEmpty {
      guard let key = varint(), 1..<1 << 20 ~= key.value >> 3 else { return nil }
      switch key.value & 7 {
      case 0:
        guard let number = varint() else { return nil }
        fields.append(Field(number: key.value >> 3, content: .number(number.bytes)))
      case 2:
        guard let length = varint()?.value, 0...rest.count ~= length else { return nil }
        fields.append(Field(number: key.value >> 3, content: .bytes(Data(rest.prefix(length)))))
        rest = rest.dropFirst(length)
      case 1, 5:
        let length = key.value & 7 == 1 ? 8 : 4
        guard rest.count >= length else { return nil }
        fields.append(Field(number: key.value >> 3, content: .fixed(key.value & 7, Data(rest.prefix(length)))))
        rest = rest.dropFirst(length)
      default: return nil
      }
    }
    return fields
  }
}
