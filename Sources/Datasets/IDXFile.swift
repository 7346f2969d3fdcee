import CZlib
import Foundation

/// One file in the IDX format, plain or gzipped: its header is read, and its values when they are asked for, so that what
/// headers say can be compared before memory is spent on it.
final class IDXFile {
  /// Deflate cannot shrink anything further than this (https://zlib.net/zlib_tech.html), so a header that promises more
  /// for the size of its file lies, and no memory is spent on it.
  private static let greatestRatio = 1032

  let shape: [Int]
  private let url: URL
  private let file: gzFile
  private let header: [UInt8]
  private let size: Int
  /// Of the values, in bytes.
  private let count: Int

  private var path: String { url.relativePath }

  /// Reads the header, which has the given magic number and number of dimensions.
  ///
  /// - Throws: ``DatasetError``.
  init(_ url: URL, magic: UInt32, dimensions: Int, kind: String) throws {
    let path = url.relativePath
    let attributes = try? url.resolvingSymlinksInPath().resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey])
    guard let attributes, attributes.isRegularFile == true, let size = attributes.fileSize,
      let file = gzopen(url.path(percentEncoded: false), "rb")
    else { throw DatasetError.unreadable(path: path) }
    var header = [UInt8](repeating: 0, count: 4 + 4 * dimensions)
    let came = Self.read(file, into: &header, count: header.count)
    let numbers = header.batches(of: 4).map { $0.reduce(0) { $0 << 8 | Int($1) } }
    (self.url, self.file, self.header, self.size) = (url, file, header, size)
    shape = Array(numbers.dropFirst())
    var count = 1
    var isTooMuch = false
    for number in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: number)
      (count, isTooMuch) = (product, isTooMuch || overflow)
    }
    self.count = count
    guard came == header.count else { throw DatasetError.damaged(path: path) }
    guard numbers[0] == magic else { throw DatasetError.notIDX(path: path, kind: kind) }
    guard !isTooMuch, count / Self.greatestRatio <= size else { throw DatasetError.damaged(path: path) }
  }

  deinit { gzclose(file) }

  /// Exactly as much as the header promises, to be asked for once; a file with less or more is refused.
  ///
  /// - Throws: ``DatasetError``.
  func values() throws -> PixelMemory {
    guard count <= ProcessInfo.processInfo.physicalMemory else {
      throw DatasetError.exceedsMemory(path: path, bytes: Double(count))
    }
    let memory = PixelMemory(count: count)
    guard Self.read(file, into: memory.bytes.baseAddress, count: count) == count else {
      throw DatasetError.damaged(path: path)
    }
    // The checksum at the end of a gzipped file is looked at only when reading goes on to the end, and a missing end is
    // told by `gzerror` alone.
    var next: UInt8 = 0
    let more = gzread(file, &next, 1)
    guard more <= 0 else { throw DatasetError.tooLong(path: path, expected: header.count + count) }
    var code = Z_OK
    gzerror(file, &code)
    guard code == Z_OK else { throw DatasetError.damaged(path: path) }
    if gzdirect(file) == 0 { try checkEnd(memory) }
    return memory
  }

  /// zlib passes over what follows the compressed bytes. Where nothing does, a gzipped file ends with checksum and length of
  /// what is in it, little-endian (RFC 1952).
  private func checkEnd(_ memory: PixelMemory) throws {
    let sum = crc32_z(crc32_z(0, header, header.count), memory.bytes.baseAddress, count)
    let expected = [UInt32(truncatingIfNeeded: sum), UInt32(truncatingIfNeeded: header.count + count)]
      .flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    guard let handle = try? FileHandle(forReadingFrom: url), size >= 8,
      (try? handle.seek(toOffset: UInt64(size - 8))) != nil, let end = try? handle.readToEnd(), Array(end) == expected
    else { throw DatasetError.otherBytes(path: path) }
  }

  /// How many bytes came; fewer than `count` at the end of the file or when it is damaged.
  private static func read(_ file: gzFile, into buffer: UnsafeMutableRawPointer?, count: Int) -> Int {
    // zlib counts in 32 bits.
    let block = 1 << 30
    var done = 0
    while done < count {
      let came = gzread(file, buffer?.advanced(by: done), UInt32(min(block, count - done)))
      if came <= 0 { break }
      done += Int(came)
    }
    return done
  }
}
