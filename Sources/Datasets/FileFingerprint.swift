import Downloads
import Foundation

/// What tells one content of a file from every other.
struct FileFingerprint: Sendable {
  /// The SHA-256 sum of the content; empty if it cannot be read.
  let digest: [UInt8]
  /// As it was before it was read.
  let stamp: FileStamp?

  init(_ url: URL) {
    // A pipe must not be waited for.
    let file = open(url.path(percentEncoded: false), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    defer { if file >= 0 { close(file) } }
    stamp = FileStamp { fstat(file, &$0) }
    digest = stamp == nil ? [] : Self.digest(of: file)
  }

  private static func digest(of file: Int32) -> [UInt8] {
    let sum = Digest.sha256()
    return withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
      while true {
        let came = read(file, buffer.baseAddress, buffer.count)
        if came == 0 { return sum.finish() }
        if came < 0 {
          if errno == EINTR { continue }
          return []
        }
        sum.update(UnsafeRawBufferPointer(rebasing: buffer[..<came]))
      }
    }
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
