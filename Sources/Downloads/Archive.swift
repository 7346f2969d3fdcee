import CArchive
import Foundation

/// Unpacks archives that may come from anybody: tar, plain or compressed with gzip, bzip2, xz or zstd, and zip.
package enum Archive {
  /// What an archive may hold at most, for one that unpacks to more than the disk holds (a bomb).
  package struct Limits: Sendable {
    package let bytes: Int
    package let entries: Int

    package init(bytes: Int, entries: Int) {
      self.bytes = bytes
      self.entries = entries
    }
  }

  /// Unpacks `file` into a new folder, which appears only when all is there.
  ///
  /// Where the archive holds a single folder at its top, `folder` gets what is in that. Files and folders are unpacked with
  /// ordinary permissions; an archive with anything else (links, devices) or with a path that leads out of it is refused.
  /// Cancelled or failed, it leaves nothing behind.
  ///
  /// - Parameter progress: called with the bytes of the archive read, and their total.
  /// - Throws: ``DownloadsError``, `CancellationError`.
  package static func unpack(
    _ file: URL, to folder: URL, limits: Limits, progress: (_ bytes: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    let partial = folder.deletingLastPathComponent().appending(
      path: folder.lastPathComponent + ".unpacking", directoryHint: .isDirectory)
    try? FileManager.default.removeItem(at: partial)
    defer { try? FileManager.default.removeItem(at: partial) }
    var unpacker = Unpacker(file: file, folder: partial, limits: limits)
    try withUTF8Names { try unpacker.run(progress) }
    let names = try FileManager.default.contentsOfDirectory(atPath: partial.path(percentEncoded: false))
      .filter { !$0.hasPrefix(".") }
    var top = partial
    if names.count == 1 {
      let only = partial.appending(path: names[0], directoryHint: .notDirectory)
      if try only.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true { top = only }
    }
    guard rename(top.path, folder.path) == 0 else {
      throw DownloadsError.unwritable(path: folder.relativePath, reason: systemReason())
    }
  }
}

/// Runs `body` with names in UTF-8, to which libarchive otherwise converts only what the user's locale can express.
private func withUTF8Names<Result>(_ body: () throws -> Result) rethrows -> Result {
  guard let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) else { return try body() }
  let before = uselocale(locale)
  defer {
    uselocale(before)
    freelocale(locale)
  }
  return try body()
}
