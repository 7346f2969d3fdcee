import Foundation
import Synchronization

/// A file that is written under a temporary name in its own folder and gets its name when it is whole and on the disk: whoever looks
/// sees what was there before or all of the new file, even after a power failure. It vanishes if it is not kept.
///
/// A program that is killed leaves the temporary file behind, `.saliency-….tmp`; the first file that a later program writes in that
/// folder removes it.
package final class WholeFile {
  private let url: URL
  private let temporary: String
  private let file: Int32
  private var isKept = false

  /// - Throws: ``FileError`` when the folder is missing or cannot be written to.
  package init(_ url: URL) throws {
    self.url = url
    let folder = url.deletingLastPathComponent()
    let path = folder.path(percentEncoded: false)
    if Self.cleaned.withLock({ $0.insert(path).inserted }) {
      Self.removeAbandoned(in: path, prefix: Self.prefix, suffix: Self.suffix)
    }
    while true {
      let path = folder.appending(path: "\(Self.prefix)\(UUID().uuidString)\(Self.suffix)").path(percentEncoded: false)
      let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard file >= 0 else { throw FileError.current(url) }
      // Held until the file is closed, so that others see that it is being written. Whoever was quicker has removed it.
      var status = stat()
      if flock(file, LOCK_EX) == 0, fstat(file, &status) == 0, status.st_nlink == 0 {
        close(file)
        continue
      }
      temporary = path
      self.file = file
      return
    }
  }

  deinit {
    if !isKept { unlink(temporary) }
    close(file)
  }

  /// Adds bytes at the end.
  ///
  /// - Throws: ``FileError``, for instance when the disk is full.
  package func write(_ data: Data) throws {
    guard data.withUnsafeBytes({ writeAll($0, to: file) }) else { throw FileError.current(url) }
  }

  /// Gives the file its name; one that was there is replaced in one step.
  ///
  /// - Throws: ``FileError``.
  package func keep() throws {
    guard fsync(file) == 0, rename(temporary, url.path(percentEncoded: false)) == 0 else {
      throw FileError.current(url)
    }
    isKept = true
  }

  private static let prefix = ".saliency-"
  private static let suffix = ".tmp"
  private static let cleaned = Mutex<Set<String>>([])

  /// Removes what programs that were killed have left in a folder under such names: nobody holds its lock.
  package static func removeAbandoned(in folder: String, prefix: String = "", suffix: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
      let path = "\(folder)/\(name)"
      let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard file >= 0 else { continue }
      if flock(file, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
      close(file)
    }
  }
}

/// Writes all bytes to an open file, at its end or at a place.
///
/// - Returns: false where that fails; `errno` says why.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32, at place: Int? = nil) -> Bool {
  var rest = bytes
  while !rest.isEmpty {
    let done = bytes.count - rest.count
    let count =
      place.map { pwrite(file, rest.baseAddress, rest.count, off_t($0 + done)) }
      ?? write(file, rest.baseAddress, rest.count)
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return false }
    rest = UnsafeRawBufferPointer(rebasing: rest[count...])
  }
  return true
}

extension Data {
  /// Writes a file whole; see `WholeFile`.
  ///
  /// - Throws: ``FileError``.
  package func writeWhole(to url: URL) throws {
    let file = try WholeFile(url)
    try file.write(self)
    try file.keep()
  }
}

/// Why a file cannot be written, in the system's words.
public struct FileError: LocalizedError, Equatable, Sendable {
  public let path: String
  public let reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// What the last call left in `errno`.
  package static func current(_ url: URL) -> FileError {
    FileError(path: url.relativePath, reason: String(cString: strerror(errno)))
  }

  public var errorDescription: String? { "\(path): \(reason.prefix(1).lowercased() + reason.dropFirst())" }
}
