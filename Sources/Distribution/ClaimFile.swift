import Files
import Foundation

/// Who is at which piece of a work that several processes share, and what is done: a file with a byte for every piece, locked while
/// somebody is at it. The system lets go of a lock when its process ends, however that is, so that others see what was lost; file
/// systems that machines share do so for machines.
///
/// First the number of pieces, in digits; then a byte for each, 0 for one that nobody has begun with; then the names of those who did.
/// A process must not open the file twice: its own claims do not keep it out.
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
  private static let headLength = 16
  private static let nameLength = 96
  /// `F_OFD_SETLK` of Linux, which Swift's module of the C library leaves out.
  private static let setLock: Int32 = 37

  private let url: URL
  private let file: Int32
  private let pieces: Int

  /// - Parameter pieces: their number, of a file that is to be made; nil: the one in the file, 0 where that is damaged.
  /// - Throws: ``FileError``.
  init(_ url: URL, pieces: Int? = nil) throws {
    self.url = url
    let file = open(url.path(percentEncoded: false), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard file >= 0 else { throw FileError.current(url) }
    self.file = file
    if let pieces {
      self.pieces = pieces
      let digits = Array("\(pieces)".utf8)
      try Self.write(digits + [UInt8](repeating: 10, count: Self.headLength - digits.count), to: file, at: 0, url)
    } else {
      let head = try Self.read(file, at: 0, Self.headLength, url)
      let found = Int(String(decoding: head.prefix { $0 != 10 }, as: UTF8.self)) ?? 0
      var status = stat()
      guard fstat(file, &status) == 0 else { throw FileError.current(url) }
      self.pieces = (0...max(0, Int(status.st_size) - Self.headLength)).contains(found) ? found : 0
    }
  }

  deinit { close(file) }

  /// - Parameter name: the caller's, for others if it is lost.
  /// - Throws: ``FileError``, also where the file system does not lock files.
  func claim(_ piece: Int, as name: String) throws -> Answer {
    guard try lock(piece, F_WRLCK) else { return .busy }
    let state = try Self.read(file, at: place(of: piece), 1, url).first
    if state == Self.done {
      release(piece)
      return .done
    }
    let lost = state == Self.begun ? try self.name(of: piece) : nil
    let mine = Array(name.utf8.prefix(Self.nameLength))
    let padding = [UInt8](repeating: 0, count: Self.nameLength - mine.count)
    try Self.write(mine + padding, to: file, at: namePlace(of: piece), url)
    try set(piece, Self.begun)
    return .mine(lostBy: lost)
  }

  /// Whatever a damaged file says is shown as a line of text.
  private func name(of piece: Int) throws -> String {
    let bytes = try Self.read(file, at: namePlace(of: piece), Self.nameLength, url)
    let name = String(decoding: bytes.prefix { $0 >= 32 && $0 < 127 }, as: UTF8.self)
    return name.isEmpty ? "an unknown process" : name
  }

  /// Of a piece that is the caller's.
  func finish(_ piece: Int) throws {
    try set(piece, Self.done)
    release(piece)
  }

  /// Gives back a piece that is the caller's.
  func giveBack(_ piece: Int) throws {
    try set(piece, 0)
    release(piece)
  }

  /// The pieces that are done.
  func allDone() throws -> Set<Int> { Set(try states().indices(where: { $0 == Self.done })) }

  /// The pieces that were begun with and not finished, and by whom; also those that somebody is at now.
  func begun() throws -> [(piece: Int, by: String)] {
    try states().indices(where: { $0 == Self.begun }).map { ($0, try name(of: $0)) }
  }

  private func states() throws -> [UInt8] { try Self.read(file, at: place(of: 0), pieces, url) }

  private func place(of piece: Int) -> Int { Self.headLength + piece }
  private func namePlace(of piece: Int) -> Int { Self.headLength + pieces + piece * Self.nameLength }

  private func lock(_ piece: Int, _ type: Int32) throws -> Bool {
    var range = flock()
    range.l_type = Int16(type)
    range.l_whence = Int16(SEEK_SET)
    range.l_start = off_t(place(of: piece))
    range.l_len = 1
    guard fcntl(file, Self.setLock, &range) != 0 else { return true }
    if errno == EAGAIN || errno == EACCES { return false }
    throw FileError.noLocks(url, errno)
  }

  private func release(_ piece: Int) { _ = try? lock(piece, F_UNLCK) }

  private func set(_ piece: Int, _ state: UInt8) throws { try Self.write([state], to: file, at: place(of: piece), url) }

  /// Fewer where the file ends.
  private static func read(_ file: Int32, at place: Int, _ count: Int, _ url: URL) throws -> [UInt8] {
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

  private static func write(_ bytes: [UInt8], to file: Int32, at place: Int, _ url: URL) throws {
    guard bytes.withUnsafeBytes({ writeAll($0, to: file, at: place) }) else { throw FileError.current(url) }
  }
}

extension [UInt8] {
  fileprivate func indices(where isWanted: (UInt8) -> Bool) -> [Int] { indices.filter { isWanted(self[$0]) } }
}
