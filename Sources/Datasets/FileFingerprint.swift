import Downloads
import Foundation

/// What tells one content of a file from every other.
struct FileFingerprint: Sendable {
  /// The SHA-256 sum of the content; empty if it cannot be read.
  let digest: [UInt8]
  /// As it was before it was read.
  let stamp: FileStamp?

  /// - Throws: `CancellationError`.
  init(_ url: URL) throws {
    // A pipe must not be waited for.
    let file = open(url.path(percentEncoded: false), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    defer { if file >= 0 { close(file) } }
    stamp = FileStamp { fstat(file, &$0) }
    let sum = Digest.sha256()
    digest = try stamp != nil && sum.update(contentsOf: file) ? sum.finish() : []
  }
}

/// What the system changes whenever a file is written or replaced.
struct FileStamp: Sendable, Equatable {
  private let numbers: [Int]

  /// Nil for what is missing and for all but plain files.
  init?(_ ask: (inout stat) -> Int32) {
    var status = stat()
    guard ask(&status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    numbers = [
      Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ]
  }

  init?(_ url: URL) {
    self.init { stat(url.path(percentEncoded: false), &$0) }
  }
}
