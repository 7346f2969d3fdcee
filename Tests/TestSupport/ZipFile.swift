import CArchive
import Foundation

/// A zip archive of stored entries, made by hand so that it can be wrong in every way.
public struct ZipFile: Sendable {
  public struct Entry: Sendable {
    public var name: String
    public var content: Data
    /// The length that the directory says; the content's own if nil.
    public var length: UInt32?
    /// The length when unpacked, as the directory says; `length` if nil.
    public var unpackedLength: UInt32?
    public var method: UInt16 = 0
    public var flags: UInt16 = 0
    /// The name in the entry's own header.
    public var ownName: String?
    /// Where the directory says the entry is; where it is if nil.
    public var place: UInt32?

    public init(_ name: String, _ content: Data) { (self.name, self.content) = (name, content) }
  }

  public var entries: [Entry]
  /// As the directory says; their own if nil.
  public var count: UInt16?

  public init(_ entries: [Entry]) { self.entries = entries }

  /// The entries of an archive, stored or not; nil for what is none, or damaged.
  public init?(reading data: Data) {
    let archive = archive_read_new()
    defer { archive_read_free(archive) }
    archive_read_support_format_zip_seekable(archive)
    // `data` leaves checksums out.
    archive_read_set_format_option(archive, "zip", "ignorecrc32", "1")
    let entries = data.withUnsafeBytes { bytes -> [Entry]? in
      guard archive_read_open_memory(archive, bytes.baseAddress, bytes.count) == ARCHIVE_OK else { return nil }
      var entries: [Entry] = []
      while true {
        var header: OpaquePointer?
        let result = archive_read_next_header(archive, &header)
        if result == ARCHIVE_EOF { return entries }
        guard result >= ARCHIVE_WARN, let name = archive_entry_pathname(header) else { return nil }
        var content = [UInt8](repeating: 0, count: data.count)
        let count = archive_read_data(archive, &content, content.count)
        entries.append(Entry(String(cString: name), Data(content.prefix(max(0, count)))))
      }
    }
    guard let entries, !entries.isEmpty else { return nil }
    self.init(entries)
  }

  public var data: Data {
    var (file, directory) = (Data(), Data())
    for entry in entries {
      let own = Data((entry.ownName ?? entry.name).utf8)
      let length = entry.length ?? UInt32(entry.content.count)
      let place = entry.place ?? UInt32(file.count)
      let common =
        bytes(entry.flags) + bytes(entry.method) + bytes(UInt32(0)) + bytes(UInt32(0)) + bytes(length)
        + bytes(entry.unpackedLength ?? length)
      file += Data([0x50, 0x4B, 3, 4]) + bytes(UInt16(20)) + common + bytes(UInt16(own.count)) + bytes(UInt16(0)) + own
      file += entry.content
      let name = Data(entry.name.utf8)
      directory +=
        Data([0x50, 0x4B, 1, 2]) + bytes(UInt16(20)) + bytes(UInt16(20)) + common + bytes(UInt16(name.count))
      directory += Data(count: 12) + bytes(place) + name
    }
    let number = count ?? UInt16(entries.count)
    let end =
      Data([0x50, 0x4B, 5, 6]) + Data(count: 4) + bytes(number) + bytes(number) + bytes(UInt32(directory.count))
      + bytes(UInt32(file.count)) + Data(count: 2)
    return file + directory + end
  }

  private func bytes(_ value: some FixedWidthInteger) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }
}
