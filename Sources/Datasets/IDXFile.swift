import CZlib
import Foundation

/// One file in the IDX format, plain or gzipped.
enum IDXFile {
  /// Deflate cannot shrink anything further than this (https://zlib.net/zlib_tech.html), so a header that promises more
  /// for the size of its file lies, and no memory is spent on it.
  private static let greatestRatio = 1032

  /// Reads a file whose header has the given magic number and number of dimensions.
  ///
  /// Exactly as much as the header promises is unpacked; a file with less or more is refused.
  static func read(
    _ url: URL, magic: UInt32, dimensions: Int, kind: String
  ) throws -> (shape: [Int], values: PixelMemory) {
    let path = url.relativePath
    let values = try? url.resolvingSymlinksInPath().resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey])
    guard let values, values.isRegularFile == true, let size = values.fileSize,
      let file = gzopen(url.path(percentEncoded: false), "rb")
    else { throw DatasetError.unreadable(path: path) }
    defer { gzclose(file) }

    var header = [UInt8](repeating: 0, count: 4 + 4 * dimensions)
    let headerSize = header.count
    guard read(file, into: &header, count: headerSize) == headerSize else {
      throw DatasetError.damaged(path: path)
    }
    let numbers = stride(from: 0, to: headerSize, by: 4).map { start in
      header[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    guard numbers[0] == magic else { throw DatasetError.notIDX(path: path, kind: kind) }

    var count = 1
    for number in numbers.dropFirst() {
      let (product, overflow) = count.multipliedReportingOverflow(by: number)
      guard !overflow else { throw DatasetError.damaged(path: path) }
      count = product
    }
    guard count / greatestRatio <= size else {
      throw DatasetError.damaged(path: path)
    }
    let memory = PixelMemory(count: count)
    guard read(file, into: memory.bytes.baseAddress, count: count) == count else {
      throw DatasetError.damaged(path: path)
    }
    // The checksum at the end of a gzipped file is looked at only when reading goes on to the end, and a missing end is
    // told by `gzerror` alone.
    var next: UInt8 = 0
    let more = gzread(file, &next, 1)
    guard more <= 0 else { throw DatasetError.tooLong(path: path, expected: headerSize + count) }
    var code = Z_OK
    gzerror(file, &code)
    guard code == Z_OK else { throw DatasetError.damaged(path: path) }
    return (Array(numbers.dropFirst()), memory)
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
