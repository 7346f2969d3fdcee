import CCurl
import Files
import Foundation
import Synchronization

/// One attempt to get a file, or the rest of it.
final class Transfer {
  private let address: URL
  private let path: String
  private let file: Int32
  private let maximumBytes: Int
  private let progress: (Int, Int?) -> Void
  private let isStopped: () -> Bool
  /// The bytes in the file.
  private var size: Int
  private var total: Int?
  private var hasBegun = false
  private var failure: (any Error)?

  private static let isReady = ccurl_start()

  init(
    _ address: URL, into part: URL, maximumBytes: Int, progress: @escaping (Int, Int?) -> Void,
    isStopped: @escaping () -> Bool
  ) throws {
    self.address = address
    self.maximumBytes = maximumBytes
    self.progress = progress
    self.isStopped = isStopped
    path = part.relativePath
    file = open(part.path(percentEncoded: false), O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    size = file < 0 ? -1 : Int(lseek(file, 0, SEEK_END))
    guard size >= 0 else { throw DownloadsError.unwritable(path: path, reason: systemReason()) }
  }

  deinit { close(file) }

  /// Returns when the file is complete as far as the server says.
  func run(patience: Int) throws {
    guard Self.isReady else { throw DownloadsError.unusable(address: address, reason: "libcurl does not start") }
    let offset = size
    var answer = CCurlAnswer()
    var receiver = CCurlReceiver(
      context: Unmanaged.passUnretained(self).toOpaque(),
      receive: { context, answer, bytes, count in
        guard let context, let answer else { return false }
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        do { return try transfer.receive(answer.pointee, UnsafeRawBufferPointer(start: bytes, count: count)) } catch {
          transfer.failure = error
          return false
        }
      },
      proceed: { context in
        context.map { !Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue().isStopped() } ?? false
      }
    )
    let status = ccurl_get(address.absoluteString, Int64(offset), patience, &receiver, &answer)
    if let failure { throw failure }
    if isStopped() { throw CancellationError() }
    let reason = withUnsafeBytes(of: answer.reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if status == CCURL_UNUSABLE { throw DownloadsError.unusable(address: address, reason: reason) }
    switch answer.status {
    case 200, 206:
      guard status == CCURL_OK else { throw DownloadsError.broken(address: address, reason: reason) }
      if !hasBegun { try begin(answer) }
    case 416 where offset > 0:
      // The part is all there is, or it is of something else.
      if answer.contentRange?.total == offset { return }
      try startAnew()
      throw DownloadsError.broken(address: address, reason: "the server does not go on where it stopped")
    case 0: throw DownloadsError.broken(address: address, reason: reason)
    default: throw DownloadsError.refused(address: address, status: answer.status)
    }
  }

  /// - Returns: false for the text of an error message, which nobody needs.
  private func receive(_ answer: CCurlAnswer, _ bytes: UnsafeRawBufferPointer) throws -> Bool {
    guard answer.status == 200 || answer.status == 206 else { return false }
    if !hasBegun { try begin(answer) }
    guard size + bytes.count <= maximumBytes else {
      throw DownloadsError.tooLarge(address: address, limit: maximumBytes)
    }
    try write(bytes, to: file, path: path)
    size += bytes.count
    progress(size, total)
    return true
  }

  private func begin(_ answer: CCurlAnswer) throws {
    hasBegun = true
    if answer.status == 206 {
      guard let range = answer.contentRange, range.start == size else {
        try startAnew()
        throw DownloadsError.broken(address: address, reason: "the server sends another part than it was asked for")
      }
      total = range.total
    } else {
      try startAnew()
      total = answer.length >= 0 ? Int(answer.length) : nil
    }
    if let total, total > maximumBytes { throw DownloadsError.tooLarge(address: address, limit: maximumBytes) }
  }

  private func startAnew() throws {
    guard ftruncate(file, 0) == 0, lseek(file, 0, SEEK_SET) == 0 else {
      throw DownloadsError.unwritable(path: path, reason: systemReason())
    }
    size = 0
  }
}

extension CCurlAnswer {
  /// `bytes 10-99/100` or, with the status 416, `bytes */100`.
  fileprivate var contentRange: (start: Int?, total: Int?)? {
    let text = withUnsafeBytes(of: range) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    guard let match = text.firstMatch(of: #/^bytes (?:(\d+)-\d+|\*)/(\d+|\*)/#) else { return nil }
    return (match.1.flatMap { Int($0) }, Int(match.2))
  }
}

/// Writes all bytes, or throws ``DownloadsError/unwritable(path:reason:)``.
func write(_ bytes: UnsafeRawBufferPointer, to file: Int32, path: String) throws {
  guard writeAll(bytes, to: file) else { throw DownloadsError.unwritable(path: path, reason: systemReason()) }
}

/// Runs what waits for the network where it keeps no task waiting. `isStopped` turns true when the task is cancelled.
func onThreadOfItsOwn(
  _ body: @escaping @Sendable (_ isStopped: @escaping @Sendable () -> Bool) throws -> Void
) async throws {
  let flag = StopFlag()
  try await withTaskCancellationHandler {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(with: Result { try body { flag.isSet.load(ordering: .relaxed) } })
      }
    }
  } onCancel: {
    flag.isSet.store(true, ordering: .relaxed)
  }
}

private final class StopFlag: Sendable {
  let isSet = Atomic(false)
}
