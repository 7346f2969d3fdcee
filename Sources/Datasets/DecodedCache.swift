import CZlib
import Downloads
import Files
import Foundation

/// A file with the decoded images of one data set, to be mapped into memory instead of decoding them again.
///
/// The pixels come first, uint8 [N, H, W, 3]; then a ``DecodedSummary`` as JSON, which has the checksums of the pixels; then a
/// trailer of 48 bytes: the SHA-256 sum of key and summary, the summary's length, the format's name. The key is part of the
/// file's name.
struct DecodedCache: Sendable {
  let folder: URL
  /// Stands for the content of all image files and for all that is done to them.
  let key: [UInt8]

  private static let format = Array("saldec02".utf8)
  private static let trailerSize = 48
  private static let unfinished = ".unfinished"

  private var name: String { key.hex + ".images" }
  private var path: String { folder.appending(path: name).path(percentEncoded: false) }

  /// Nil if there is no such file, or if a byte of it is missing or another one, or it is not what its name says. All pixels are
  /// read for that, some gigabytes a second where the system still has them in memory.
  ///
  /// - Throws: `CancellationError`.
  func read(files: Int, imageSize: Int) async throws -> (summary: DecodedSummary, pixels: PixelMemory)? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size >= Self.trailerSize,
      let trailer = Self.read(file, status.st_size - Self.trailerSize, Self.trailerSize),
      Array(trailer[40...]) == Self.format
    else { return nil }
    let length = trailer[32..<40].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    let beforeTrailer = status.st_size - Self.trailerSize
    guard length <= beforeTrailer, let json = Self.read(file, beforeTrailer - Int(length), Int(length)),
      digest(json) == Array(trailer[..<32]),
      let summary = try? JSONDecoder().decode(DecodedSummary.self, from: Data(json)),
      beforeTrailer - Int(length) == (files - summary.leftOut.count) * imageSize
    else { return nil }
    let count = beforeTrailer - Int(length)
    guard try await Self.checksums(file, count) == summary.checksums,
      let pixels = try? PixelMemory(mapping: file, count: count, isWritable: false)
    else { return nil }
    return (summary, pixels)
  }

  private static func read(_ file: Int32, _ offset: Int, _ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return pread(file, &bytes, count, offset) == count ? bytes : nil
  }

  private func digest(_ json: [UInt8]) -> [UInt8] {
    let sum = Digest.sha256()
    sum.update(field: key)
    sum.update(field: json)
    return sum.finish()
  }

  /// The CRC-32 of every mebibyte of a file's first `count` bytes; nil if they cannot be read. They are not read through mapped
  /// memory: a disk that fails would end the program, and all of them would count as the program's memory.
  private static func checksums(_ file: Int32, _ count: Int) async throws -> [UInt32]? {
    let chunk = 1 << 20
    @Sendable func sum(_ index: Int) -> UInt32? {
      withUnsafeTemporaryAllocation(byteCount: chunk, alignment: 64) { buffer in
        let wanted = min(chunk, count - index * chunk)
        guard pread(file, buffer.baseAddress, wanted, index * chunk) == wanted else { return nil }
        return UInt32(crc32(0, buffer.bindMemory(to: UInt8.self).baseAddress, UInt32(wanted)))
      }
    }
    func ignore(_ done: Int) {}
    let sums = try await inParallel((count + chunk - 1) / chunk, progress: ignore, sum)
    let found = sums.compactMap(\.self)
    return found.count == sums.count ? found : nil
  }

  /// A file under a temporary name whose pixels are to be written to memory. It vanishes with the last reference unless it
  /// is kept; its pixels stay.
  final class Unfinished: Sendable {
    let pixels: PixelMemory
    private let file: Int32
    private let path: String

    fileprivate init(path: String, count: Int) throws {
      self.path = path
      file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
      guard file >= 0 else { throw SystemError.current }
      do {
        // Held until the file is closed, so that others see that it is being written.
        try SystemError.check(flock(file, LOCK_EX))
        // Reserved at once, because a disk that is full when mapped memory is written ends the program.
        let error = posix_fallocate(file, 0, count)
        guard error == 0 else { throw SystemError(code: error) }
        pixels = try PixelMemory(mapping: file, count: count, isWritable: true)
      } catch {
        unlink(path)
        close(file)
        throw error
      }
    }

    deinit {
      unlink(path)
      close(file)
    }

    fileprivate func checksums(_ pixelCount: Int) async throws -> [UInt32] {
      guard let sums = try await DecodedCache.checksums(file, pixelCount) else { throw SystemError(code: EIO) }
      return sums
    }

    fileprivate func keep(_ pixelCount: Int, followedBy rest: [UInt8], as name: String) throws {
      try SystemError.check(ftruncate(file, pixelCount))
      guard rest.withUnsafeBytes({ writeAll($0, to: file, at: pixelCount) }) else { throw SystemError.current }
      // Else a power failure could leave the name with a part of the pixels.
      try SystemError.check(fsync(file))
      try SystemError.check(rename(path, name))
    }
  }

  /// A file with room for `count` bytes of pixels.
  ///
  /// - Throws: ``SystemError``, and what the making of the folder throws.
  func begin(count: Int) throws -> Unfinished {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    WholeFile.removeAbandoned(in: folder.path(percentEncoded: false), suffix: Self.unfinished)
    // Asked first, because reserving would fill the disk before it fails.
    var disk = statvfs()
    try SystemError.check(statvfs(folder.path(percentEncoded: false), &disk))
    guard UInt64(count) / UInt64(disk.f_frsize) < disk.f_bavail else { throw SystemError(code: ENOSPC) }
    return try Unfinished(
      path: folder.appending(path: UUID().uuidString + Self.unfinished).path(percentEncoded: false), count: count)
  }

  /// Gives the file its name; a file that has it already, from another process or damaged, is replaced.
  ///
  /// - Throws: ``SystemError``, `CancellationError`.
  func keep(_ file: Unfinished, _ summary: DecodedSummary, pixelCount: Int) async throws {
    var summary = summary
    summary.checksums = try await file.checksums(pixelCount)
    let encoder = JSONEncoder()
    // The same data set gives the same file.
    encoder.outputFormatting = .sortedKeys
    let json = Array(try encoder.encode(summary))
    let length = withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) }
    try file.keep(pixelCount, followedBy: json + digest(json) + length + Self.format, as: path)
  }
}

/// What became of the files of a data set; numbers are indices into their list.
struct DecodedSummary: Codable, Sendable, Equatable {
  /// Grey images, left out or not.
  var grey = 0
  var resized = 0
  var skippedGrey: [Int] = []
  var unreadable: [Int] = []
  /// Of the pixels, piece by piece.
  var checksums: [UInt32] = []

  var leftOut: Set<Int> { Set(skippedGrey).union(unreadable) }
}

/// What the system answered, in its own words.
struct SystemError: LocalizedError {
  let code: Int32

  /// What the last call left in `errno`.
  static var current: SystemError { SystemError(code: errno) }

  static func check(_ result: Int32) throws { if result != 0 { throw current } }

  var errorDescription: String? { String(cString: strerror(code)) }
}
