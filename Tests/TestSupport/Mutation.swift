import Foundation

/// Changes files so that what holds them together still does: a change goes into one part of them.
public enum Mutation {
  /// What a file is made of.
  public enum Structure: Sendable {
    case bytes
    /// Of protocol buffers, all lengths of which stay true.
    case message
    /// A zip archive, of which one entry changes.
    case zip
  }

  /// - Parameter change: changes some bytes.
  /// - Returns: nil for a file that has not the structure, or where that has no parts.
  public static func changed(
    _ file: Data, _ structure: Structure, using random: inout SeededGenerator, _ change: (Data) -> Data
  ) -> Data? {
    switch structure {
    case .bytes: change(file)
    case .message: message(file, depth: 0, using: &random, change)
    case .zip: zip(file, using: &random, change)
    }
  }

  private static func zip(_ file: Data, using random: inout SeededGenerator, _ change: (Data) -> Data) -> Data? {
    guard var archive = ZipFile(reading: file) else { return nil }
    // What is program or description more often than weights.
    let places = archive.entries.indices
    let described = places.filter { place in
      [".json", ".pkl", ".py"].contains(where: archive.entries[place].name.hasSuffix)
    }
    let chosen = Int.random(in: 0..<4, using: &random) > 0 && !described.isEmpty ? described : Array(places)
    guard let place = chosen.randomElement(using: &random) else { return nil }
    archive.entries[place].content = change(archive.entries[place].content)
    return archive.data
  }

  private static func message(
    _ data: Data, depth: Int, using random: inout SeededGenerator, _ change: (Data) -> Data
  ) -> Data? {
    guard var fields = fields(of: data), !fields.isEmpty else { return nil }
    let place = Int.random(in: 0..<fields.count, using: &random)
    switch (Int.random(in: 0..<12, using: &random), fields[place].content) {
    case (0, _): fields.remove(at: place)
    case (1, _): fields.insert(fields[place], at: place)
    case (2, _): fields[place].number = Int.random(in: 1...32, using: &random)
    case (3, _): fields.swapAt(place, Int.random(in: 0..<fields.count, using: &random))
    case (4, .bytes(let content)): fields[place].content = .bytes(change(content))
    case (_, .bytes(let content)):
      let inner = depth < 12 ? message(content, depth: depth + 1, using: &random, change) : nil
      fields[place].content = .bytes(inner ?? change(content))
    case (_, .number(let varint)):
      // Of any length, but one number.
      let bytes = change(varint).prefix(10).map { $0 | 0x80 }
      fields[place].content = .number(Data(bytes.dropLast()) + [(bytes.last ?? 0) & (bytes.count == 10 ? 1 : 0x7F)])
    case (_, .fixed(let kind, let content)):
      fields[place].content = .fixed(kind, (change(content) + Data(count: content.count)).prefix(content.count))
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
