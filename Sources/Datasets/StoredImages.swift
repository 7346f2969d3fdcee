import Foundation
import Rasters

/// Labelled images whose pixels lie one after the other in memory.
struct StoredImages: LabelledImages {
  let name: String
  let classNames: [String]
  let height: Int
  let width: Int
  let channels: Int
  let labels: [Int32]
  let pixels: PixelMemory

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    let size = imageSize
    var position = 0
    for index in indices {
      precondition(labels.indices.contains(index), "there is no image \(index) in \(name), which has \(count)")
      let image = pixels.bytes[index * size..<(index + 1) * size]
      _ = UnsafeMutableBufferPointer(rebasing: buffer[position..<position + size]).update(fromContentsOf: image)
      pixels.letGo(index * size..<(index + 1) * size)
      position += size
    }
  }
}

/// A block of memory for the pixels of a whole data set: its own, or a file's that is mapped into memory. Written while the
/// data set is loaded, by several tasks but each byte by one of them only; never afterwards, hence unchecked.
final class PixelMemory: @unchecked Sendable {
  let bytes: UnsafeMutableBufferPointer<UInt8>
  private let isMapped: Bool
  private let release: () -> Void

  /// Uninitialised; the system provides the memory as it is written to.
  init(count: Int) {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
    self.bytes = bytes
    isMapped = false
    release = { bytes.deallocate() }
  }

  /// The first bytes of an open file, which may be closed afterwards; they must not be written to unless it `isWritable`.
  ///
  /// - Throws: ``SystemError``.
  init(mapping file: Int32, count: Int, isWritable: Bool) throws {
    let protection = isWritable ? PROT_READ | PROT_WRITE : PROT_READ
    guard let start = mmap(nil, count, protection, MAP_SHARED, file, 0), start != MAP_FAILED else {
      throw SystemError.current
    }
    bytes = UnsafeMutableBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: count)
    isMapped = true
    release = { munmap(start, count) }
  }

  /// A part of `whole`, which stays as long as this does.
  init(_ whole: PixelMemory, _ range: Range<Int>) {
    bytes = UnsafeMutableBufferPointer(rebasing: whole.bytes[range])
    isMapped = whole.isMapped
    release = { withExtendedLifetime(whole) {} }
  }

  /// Takes bytes that nobody will soon want again off the program's memory, where the system has them in a file.
  func letGo(_ range: Range<Int>) {
    guard isMapped, range.count >= Self.worthwhile, let start = bytes.baseAddress else { return }
    // Linux brings so much around every place that is read. What is outside of these bytes comes again when it is wanted.
    let around = 1 << 16
    let whole = Int(bitPattern: bytes.baseAddress)..<Int(bitPattern: start + bytes.count)
    let first = Int(bitPattern: start + range.lowerBound) / around * around
    let last = (Int(bitPattern: start + range.upperBound) + around - 1) / around * around
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let begin = max(first, whole.lowerBound / page * page)
    madvise(UnsafeMutableRawPointer(bitPattern: begin), min(last, whole.upperBound) - begin, MADV_DONTNEED)
  }

  /// Less is not worth asking the system.
  private static let worthwhile = 1 << 16

  deinit { release() }
}
