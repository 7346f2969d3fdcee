import CCurl
import Foundation

/// A file on the web that is known by its checksum.
///
/// It comes as `NAME.part`, and is `NAME` only when it is complete and its checksum is right. A break is followed by some
/// retries; these, and a later download, go on where the last one stopped (`Range`), or start anew where the server cannot do
/// that. Whether the pieces belong together is for the checksum to say.
///
/// libcurl does it rather than Foundation's URLSession, which on Linux unpacks what a server calls encoded and takes data
/// faster than the disk does.
package struct Download: Sendable {
  /// Tried in this order; only http and https.
  package let addresses: [URL]
  package let checksum: Checksum
  /// A body that is longer is left at that.
  package let maximumBytes: Int
  /// The seconds after which a connection on which nothing comes counts as broken.
  var patience = 30
  /// The wait before the first retry, doubled for every further one in which nothing came either.
  var pause = Duration.seconds(1)
  private let attempts = 3

  package init(from addresses: [URL], checksum: Checksum, maximumBytes: Int) {
    self.addresses = addresses
    self.checksum = checksum
    self.maximumBytes = maximumBytes
  }

  /// Downloads to `file`, in a folder that exists. Cancelled, it leaves `NAME.part` to go on from.
  ///
  /// - Parameter progress: called on another thread with the bytes that are there and their total if the server says it.
  /// - Throws: ``DownloadsError``, that of the first address; `CancellationError`.
  package func fetch(
    to file: URL, progress: @escaping @Sendable (_ bytes: Int, _ total: Int?) -> Void = { _, _ in }
  ) async throws {
    let part = file.deletingLastPathComponent().appending(path: file.lastPathComponent + ".part")
    var failure: DownloadsError?
    for address in addresses {
      do {
        try await get(address, into: part, progress)
        let found = try Checksum.of(part, checksum.algorithm)
        guard found == checksum else {
          throw DownloadsError.wrongChecksum(name: address.absoluteString, found: found, expected: checksum)
        }
        guard rename(part.path(percentEncoded: false), file.path(percentEncoded: false)) == 0 else {
          throw DownloadsError.unwritable(path: file.relativePath, reason: systemReason())
        }
        return
      } catch let error as DownloadsError where error.isTheServers {
        switch error {
        case .wrongChecksum, .tooLarge: unlink(part.path(percentEncoded: false))
        default: break
        }
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }

  private func get(
    _ address: URL, into part: URL, _ progress: @escaping @Sendable (Int, Int?) -> Void
  ) async throws {
    var furthest = 0
    var failures = 0
    while true {
      try Task.checkCancellation()
      do {
        return try await onThreadOfItsOwn { [maximumBytes, patience] isStopped in
          let transfer = try Transfer(
            address, into: part, maximumBytes: maximumBytes, progress: progress, isStopped: isStopped)
          try transfer.run(patience: patience)
        }
      } catch let error as DownloadsError where error.mayPass {
        let size = (try? FileManager.default.attributesOfItem(atPath: part.path(percentEncoded: false))[.size]) as? Int
        // Counting only what is new, so that a server that always starts anew and always breaks off has an end.
        failures = size ?? 0 > furthest ? 0 : failures + 1
        furthest = max(furthest, size ?? 0)
        guard failures < attempts else { throw error }
        try await Task.sleep(for: pause * (1 << max(failures - 1, 0)))
      }
    }
  }
}
