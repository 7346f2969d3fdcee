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
      position += size
    }
  }
}

/// A block of memory for the pixels of a whole data set. Written while the data set is loaded, by several tasks but each byte
/// by one of them only; never afterwards, hence unchecked.
final class PixelMemory: @unchecked Sendable {
  let bytes: UnsafeMutableBufferPointer<UInt8>

  /// Uninitialised; the system provides the memory as it is written to.
  init(count: Int) { bytes = .allocate(capacity: count) }

  deinit { bytes.deallocate() }
}
