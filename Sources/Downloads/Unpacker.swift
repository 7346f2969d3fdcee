import CArchive
import Files
import Foundation

/// Writes the entries of one archive into a folder of its own.
struct Unpacker {
  let file: URL
  let folder: URL
  let limits: Archive.Limits
  private var bytes = 0
  private var entries = 0
  private var folders: Set<String> = []

  init(file: URL, folder: URL, limits: Archive.Limits) {
    (self.file, self.folder, self.limits) = (file, folder, limits)
  }

  mutating func run(_ progress: (_ bytes: Int, _ total: Int) -> Void) throws {
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: file.resolvingSymlinksInPath().path(percentEncoded: false))
    guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular,
      let total = attributes[.size] as? Int
    else { throw DownloadsError.unreadable(path: file.relativePath, reason: "it is missing or no plain file") }
    try makeFolder([])

    let archive = archive_read_new()
    defer { archive_read_free(archive) }
    archive_read_support_format_tar(archive)
    archive_read_support_format_zip(archive)
    archive_read_support_filter_gzip(archive)
    archive_read_support_filter_bzip2(archive)
    archive_read_support_filter_xz(archive)
    archive_read_support_filter_zstd(archive)
    guard archive_read_open_filename(archive, file.path(percentEncoded: false), 1 << 18) == ARCHIVE_OK else {
      throw notAnArchive(archive)
    }
    while true {
      try Task.checkCancellation()
      var entry: OpaquePointer?
      let result = archive_read_next_header(archive, &entry)
      if result == ARCHIVE_EOF { break }
      // A warning is about what is not used here, such as a name that the locale cannot express.
      guard result == ARCHIVE_OK || result == ARCHIVE_WARN else {
        throw entries == 0 ? notAnArchive(archive) : damaged(archive)
      }
      entries += 1
      guard entries <= limits.entries else {
        throw DownloadsError.archiveTooLarge(path: file.relativePath, limit: "\(limits.entries) files")
      }
      try unpack(entry, of: archive) { progress(min(Int(archive_filter_bytes(archive, -1)), total), total) }
    }
    guard entries > 0 else { throw DownloadsError.notAnArchive(path: file.relativePath, reason: "it is empty") }
  }

  private mutating func unpack(_ entry: OpaquePointer?, of archive: OpaquePointer?, _ progress: () -> Void) throws {
    // As bytes where it is not of the encoding that the archive says.
    guard let name = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry) else {
      throw DownloadsError.unsafeEntry(path: file.relativePath, entry: "?", problem: "has no name")
    }
    let path = String(cString: name)
    func refuse(_ problem: String) -> DownloadsError {
      .unsafeEntry(path: file.relativePath, entry: path, problem: problem)
    }
    guard !path.hasPrefix("/") else { throw refuse("has an absolute path") }
    let parts = path.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else { throw refuse("leads out of the folder") }
    guard archive_entry_hardlink(entry) == nil else { throw refuse("is a link") }
    switch archive_entry_filetype(entry) {
    case S_IFDIR: try makeFolder(parts)
    case S_IFREG where !parts.isEmpty:
      try makeFolder(parts.dropLast())
      let url = folder.appending(path: parts.joined(separator: "/"), directoryHint: .notDirectory)
      let descriptor = open(
        url.path(percentEncoded: false), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else {
        if errno == EEXIST { throw refuse("is in it twice") }
        throw DownloadsError.unwritable(path: url.relativePath, reason: systemReason())
      }
      defer { close(descriptor) }
      try copy(archive, to: descriptor, path: url.relativePath, progress)
    case S_IFLNK: throw refuse("is a link")
    default: throw refuse("is neither a file nor a folder")
    }
  }

  private mutating func copy(
    _ archive: OpaquePointer?, to descriptor: Int32, path: String, _ progress: () -> Void
  ) throws {
    try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
      while true {
        try Task.checkCancellation()
        let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw damaged(archive) }
        if count == 0 { break }
        bytes += count
        guard bytes <= limits.bytes else {
          throw DownloadsError.archiveTooLarge(path: file.relativePath, limit: "\(limits.bytes) bytes")
        }
        try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: descriptor, path: path)
        progress()
      }
    }
  }

  private mutating func makeFolder(_ parts: some Sequence<Substring>) throws {
    let path = parts.joined(separator: "/")
    guard !folders.contains(path) else { return }
    let url = path.isEmpty ? folder : folder.appending(path: path, directoryHint: .isDirectory)
    do { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) } catch {
      throw DownloadsError.unwritable(path: url.relativePath, reason: "the folder cannot be made")
    }
    folders.insert(path)
  }

  private func notAnArchive(_ archive: OpaquePointer?) -> DownloadsError {
    .notAnArchive(path: file.relativePath, reason: reason(archive))
  }

  private func damaged(_ archive: OpaquePointer?) -> DownloadsError {
    .damagedArchive(path: file.relativePath, reason: reason(archive))
  }

  private func reason(_ archive: OpaquePointer?) -> String {
    // Some of its sentences end with the end of a line.
    let words = archive_error_string(archive).map {
      String(cString: $0).trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return words?.plain(most: 200) ?? "it cannot be read"
  }
}
