import Files
import Foundation

/// Who is at which piece of a work that several processes share, and what is done: a file with a record for every piece, locked while
/// somebody is at it. The system lets go of a lock when its process ends, however that is, so that others see what was lost; file
/// systems that machines share do so for machines.
///
/// A record is a byte for the state, 0 for a piece that nobody has begun with, and the name of who did. A process must not open the
/// file twice: its own claims do not keep it out.
final class ClaimFile: Sendable {
  /// What came of asking for a piece.
  enum Answer: Equatable {
    /// It is the caller's now. `lostBy` began with it and did not finish it.
    case mine(lostBy: String?)
    case done
    /// Another process is at it.
    case busy
  }

  private static let (begun, done) = (UInt8(ascii: "b"), UInt8(ascii: "d"))
  private static let recordLength = 128
  /// `F_OFD_SETLK` of Linux, which Swift's module of the C library leaves out.
  private static let setLock: Int32 = 37

  private let url: URL
  private let file: Int32

  /// - Throws: ``FileError``.
  init(_ url: URL) throws {
    self.url = url
    file = open(url.path(percentEncoded: false), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard file >= 0 else { throw FileError.current(url) }
  }

  deinit { close(file) }

  /// - Parameter name: the caller's, for others if it is lost.
  /// - Throws: ``FileError``, also where the file system does not lock files.
  func claim(_ piece: Int, as name: String) throws -> Answer {
    guard try lock(piece, F_WRLCK) else { return .busy }
    let record = try read(at: piece * Self.recordLength, Self.recordLength)
    if record.first == Self.done {
      release(piece)
      return .done
    }
    var mine = [Self.begun] + name.utf8.prefix(Self.recordLength - 1)
    mine += [UInt8](repeating: 0, count: Self.recordLength - mine.count)
    try write(mine, at: piece)
    return .mine(lostBy: Self.lost(record))
  }

  /// Whatever a damaged file says is shown as a line of text.
  private static func lost(_ record: some Collection<UInt8>) -> String? {
    guard record.first == begun else { return nil }
    let name = String(decoding: record.dropFirst().prefix { $0 >= 32 && $0 < 127 }, as: UTF8.self)
    return name.isEmpty ? "an unknown process" : name
  }

  /// Of a piece that is the caller's.
  func finish(_ piece: Int) throws {
    try write([Self.done], at: piece)
    release(piece)
  }

  /// Gives back a piece that is the caller's.
  func giveBack(_ piece: Int) throws {
    try write([0], at: piece)
    release(piece)
  }

  /// The pieces that are done.
  func allDone() throws -> Set<Int> {
    Set(try records().filter { $0.bytes.first == Self.done }.map(\.piece))
  }

  /// The pieces that were begun with and not finished, and by whom; also those that somebody is at now.
  func begun() throws -> [(piece: Int, by: String)] {
    try records().compactMap { record in Self.lost(record.bytes).map { (record.piece, $0) } }
  }

  private func records() throws -> [(piece: Int, bytes: ArraySlice<UInt8>)] {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw FileError.current(url) }
    let bytes = try read(at: 0, Int(status.st_size))
    return stride(from: 0, to: bytes.count, by: Self.recordLength).map {
      ($0 / Self.recordLength, bytes[$0..<min($0 + Self.recordLength, bytes.count)])
    }
  }

  private func lock(_ piece: Int, _ type: Int32) throws -> Bool {
    var range = flock()
    range.l_type = Int16(type)
    range.l_whence = Int16(SEEK_SET)
    range.l_start = off_t(piece * Self.recordLength)
    range.l_len = 1
    guard fcntl(file, Self.setLock, &range) != 0 else { return true }
    if errno == EAGAIN || errno == EACCES { return false }
    throw FileError.noLocks(url, errno)
  }

  private func release(_ piece: Int) { _ = try? lock(piece, F_UNLCK) }

  /// Fewer where the file ends.
  private func read(at place: Int, _ count: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { bytes, size in
      while size < count {
        let got = pread(file, bytes.baseAddress! + size, count - size, off_t(place + size))
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else { throw FileError.current(url) }
        guard got > 0 else { return }
        size += got
      }
    }
  }

  /// At the beginning of a piece's record.
  private func write(_ bytes: [UInt8], at piece: Int) throws {
    let place = piece * Self.recordLength
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(file, $0.baseAddress! + done, bytes.count - done, off_t(place + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError.current(url) }
      done += count
    }
  }
}
