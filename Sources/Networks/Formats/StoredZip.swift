import Files
import Foundation

/// A zip archive whose entries are stored as they are, as PyTorch writes all of its files.
///
/// Every entry is a range of the file, so that nothing is unpacked and no entry has more bytes than the file. Checked when it
/// is opened: names that come twice, entries that overlap, lie outside of the file or are compressed, and places that the
/// directory and the entries themselves give differently.
///
/// Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
struct StoredZip {
  private let file: Data
  private let allowsDeflate: Bool
  private var entries: [String: Range<Int>] = [:]

  /// Of all entries, in no order.
  var names: [String] { Array(entries.keys) }

  /// - Throws: ``ModelFileError/damaged(_:)``.
  init(_ file: Data) throws { try self.init(file, allowsDeflate: false) }

  private init(_ file: Data, allowsDeflate: Bool) throws {
    (self.file, self.allowsDeflate) = (file, allowsDeflate)
    entries = try directory()
  }

  /// Checks an archive for libtorch, which takes as much memory as the directory says, and reads compressed entries, too.
  ///
  /// - Throws: ``ModelFileError/damaged(_:)``.
  static func check(_ file: Data) throws { _ = try StoredZip(file, allowsDeflate: true) }

  /// Whether a file begins as zip archives do.
  static func recognizes(_ file: Data) -> Bool { file.starts(with: [0x50, 0x4B, 3, 4]) }

  /// The content of an entry, which still lies in the file; nil if there is none of that name.
  subscript(name: String) -> Data? {
    entries[name].map { file[(file.startIndex + $0.lowerBound)..<(file.startIndex + $0.upperBound)] }
  }
}

// The directory at the end of the archive.
extension StoredZip {
  /// A model has a few hundred entries.
  private static let mostEntries = 200_000

  private func damaged(_ what: String) -> ModelFileError { .damaged(what) }

  private func number<Number: FixedWidthInteger>(_: Number.Type, at place: Int) throws -> Int {
    guard let value = file.number(Number.self, at: place) else { throw damaged("it is cut off") }
    guard let result = Int(exactly: value) else { throw damaged("its directory has an impossible number") }
    return result
  }

  private func directory() throws -> [String: Range<Int>] {
    let (start, size, count) = try place()
    guard count <= Self.mostEntries else { throw damaged("its directory is said to have \(count) entries") }
    var entries: [String: Range<Int>] = [:]
    var occupied: [Range<Int>] = []
    var position = start
    for _ in 0..<count {
      guard position + 46 <= start + size, try number(UInt32.self, at: position) == 0x0201_4B50 else {
        throw damaged("its directory is cut off")
      }
      let (name, header, bytes, length) = try entry(at: position, end: start + size)
      guard entries.updateValue(bytes, forKey: name) == nil else { throw damaged("it has “\(name.plain)” twice") }
      guard bytes.upperBound <= start else { throw damaged("“\(name.plain)” is said to lie outside of the file") }
      occupied.append(header..<bytes.upperBound)
      position += length
    }
    occupied.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
    for (entry, next) in zip(occupied, occupied.dropFirst()) where next.lowerBound < entry.upperBound {
      throw damaged("entries of it overlap")
    }
    return entries
  }

  /// Where the directory begins, how long it is and how many entries it has.
  private func place() throws -> (start: Int, size: Int, count: Int) {
    let missing = damaged("its end, with the directory of what is in it, is missing")
    guard file.count >= 22 else { throw missing }
    // The last record is followed by a comment of at most 65,535 bytes. libtorch takes the last one, whatever its comment's
    // length, so that one of another length must not come behind it.
    let end = stride(from: file.count - 22, through: max(0, file.count - 22 - 65_535), by: -1).first {
      file.number(UInt32.self, at: $0) == 0x0605_4B50
    }
    guard let end, try number(UInt16.self, at: end + 20) == file.count - 22 - end else { throw missing }
    var (count, size) = (try number(UInt16.self, at: end + 10), try number(UInt32.self, at: end + 12))
    var start = try number(UInt32.self, at: end + 16)
    var limit = end
    if end >= 20, try number(UInt32.self, at: end - 20) == 0x0706_4B50 {
      let large = try number(UInt64.self, at: end - 12)
      guard large <= end - 20 - 56, try number(UInt32.self, at: large) == 0x0606_4B50 else { throw missing }
      (count, size) = (try number(UInt64.self, at: large + 32), try number(UInt64.self, at: large + 40))
      start = try number(UInt64.self, at: large + 48)
      limit = large
    }
    guard start <= limit, size <= limit - start else {
      throw damaged("its directory is said to lie outside of the file")
    }
    return (start, size, count)
  }

  private func entry(at place: Int, end: Int) throws -> (name: String, header: Int, bytes: Range<Int>, length: Int) {
    let lengths = try [28, 30, 32].map { try number(UInt16.self, at: place + $0) }
    let length = 46 + lengths.reduce(0, +)
    guard place + length <= end else { throw damaged("its directory is cut off") }
    let nameBytes = file.part(place + 46, count: lengths[0])
    guard let name = String(data: nameBytes, encoding: .utf8) else { throw damaged("an entry's name is not text") }
    func entryDamaged(_ what: String) -> ModelFileError { damaged("“\(name.plain)” \(what)") }

    let flags = try number(UInt16.self, at: place + 8)
    guard flags & 1 == 0 else { throw entryDamaged("is encrypted") }
    let isDeflated = try number(UInt16.self, at: place + 10) == 8 && allowsDeflate
    guard try isDeflated || number(UInt16.self, at: place + 10) == 0 else {
      throw entryDamaged("is compressed, which PyTorch does not do; it may have been packed anew")
    }
    var (packed, size) = (try number(UInt32.self, at: place + 20), try number(UInt32.self, at: place + 24))
    var header = try number(UInt32.self, at: place + 42)
    try wide(file.part(place + 46 + lengths[0], count: lengths[1]), &size, &packed, &header)
    // Of a byte deflate makes 1,032 at most.
    guard isDeflated ? size / 1032 <= packed : size == packed else { throw entryDamaged("has two lengths") }

    guard header <= file.count - 30, try number(UInt32.self, at: header) == 0x0403_4B50 else {
      throw entryDamaged("is said to lie outside of the file")
    }
    let (nameLength, extraLength) = (
      try number(UInt16.self, at: header + 26), try number(UInt16.self, at: header + 28)
    )
    let start = header + 30 + nameLength + extraLength
    guard start <= file.count, packed <= file.count - start else {
      throw entryDamaged("is said to have \(packed) bytes, and the file ends before that")
    }
    guard file.part(header + 30, count: nameLength) == nameBytes else { throw entryDamaged("has two names") }
    return (name, header, start..<start + packed, length)
  }

  /// Numbers of 64 bits stand in an extra field, each only where the one of 32 bits is at its largest.
  private func wide(_ extra: Data, _ size: inout Int, _ packed: inout Int, _ header: inout Int) throws {
    var place = 0
    while let kind = extra.number(UInt16.self, at: place), let length = extra.number(UInt16.self, at: place + 2) {
      if kind == 1 {
        var next = place + 4
        func take(_ value: inout Int) throws {
          guard value == UInt32.max else { return }
          guard next + 8 <= place + 4 + Int(length), let number = extra.number(UInt64.self, at: next),
            let exact = Int(exactly: number)
          else { throw damaged("its directory has an impossible number") }
          value = exact
          next += 8
        }
        try take(&size)
        try take(&packed)
        try take(&header)
        return
      }
      place += 4 + Int(length)
    }
  }
}

extension Data {
  /// The little-endian number that begins `place` bytes after the start; nil where it would end behind the end.
  func number<Number: FixedWidthInteger>(_: Number.Type, at place: Int) -> Number? {
    let size = MemoryLayout<Number>.size
    guard place >= 0, count >= size, place <= count - size else { return nil }
    return withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Number.self)) }
  }

  /// `count` bytes from `place` bytes after the start on, fewer where the data end.
  fileprivate func part(_ place: Int, count: Int) -> Data { dropFirst(place).prefix(count) }
}
