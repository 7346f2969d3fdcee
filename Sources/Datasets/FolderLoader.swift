import Foundation
import Pictures
import Rasters

/// Decodes many image files into one block of memory, on all processors.
struct FolderLoader: Sendable {
  let size: ImageSize
  let mayResize: Bool
  let skipGrey: Bool
  let resize: ImageFolder.Resize
  /// The data set's folder, for errors.
  let path: String

  struct Loaded: Sendable {
    let pixels: PixelMemory
    /// The indices of the files whose images are in `pixels`, in their order.
    var kept: [Int] = []
    var grey = 0
    var resized = 0
    var unreadable: [PictureError] = []
  }

  private enum Outcome: Sendable {
    case kept(isGrey: Bool, isResized: Bool)
    case skippedGrey
    case unreadable(PictureError)
  }

  /// Enough images that handing them out costs nothing, few enough that all processors finish together.
  private static let blockSize = 64

  func load(_ files: [URL], progress: (Int) -> Void) async throws -> Loaded {
    // In floating point: a size that a user names may be beyond all integers.
    let bytes = Double(files.count) * 3 * Double(size.height) * Double(size.width)
    guard bytes <= Double(ProcessInfo.processInfo.physicalMemory) else {
      throw DatasetError.exceedsMemory(path: path, bytes: bytes)
    }
    let imageSize = size.height * size.width * 3
    let pixels = PixelMemory(count: files.count * imageSize)
    let outcomes = try await outcomes(of: files, into: pixels, imageSize, progress)

    var loaded = Loaded(pixels: pixels)
    for (index, outcome) in outcomes.enumerated() {
      switch outcome {
      case .kept(let isGrey, let isResized):
        // Close the gaps that images left out have made.
        let place = loaded.kept.count
        if place < index, let start = pixels.bytes.baseAddress {
          (start + place * imageSize).update(from: start + index * imageSize, count: imageSize)
        }
        loaded.kept.append(index)
        loaded.grey += isGrey ? 1 : 0
        loaded.resized += isResized ? 1 : 0
      case .skippedGrey: loaded.grey += 1
      case .unreadable(let error): loaded.unreadable.append(error)
      }
    }
    return loaded
  }

  private func outcomes(
    of files: [URL], into pixels: PixelMemory, _ imageSize: Int, _ progress: (Int) -> Void
  ) async throws -> [Outcome] {
    var blocks = stride(from: 0, to: files.count, by: Self.blockSize).makeIterator()
    var outcomes = [Outcome?](repeating: nil, count: files.count)
    try await withThrowingTaskGroup(of: (Int, [Outcome]).self) { group in
      func addNext() {
        guard let start = blocks.next() else { return }
        group.addTask {
          var outcomes: [Outcome] = []
          for index in start..<min(start + Self.blockSize, files.count) {
            try Task.checkCancellation()
            let place = UnsafeMutableBufferPointer(
              rebasing: pixels.bytes[index * imageSize..<(index + 1) * imageSize])
            outcomes.append(try await load(files[index], into: place))
          }
          return (start, outcomes)
        }
      }
      for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { addNext() }
      var done = 0
      for try await (start, block) in group {
        for (offset, outcome) in block.enumerated() { outcomes[start + offset] = outcome }
        done += block.count
        progress(done)
        addNext()
      }
    }
    return outcomes.compactMap { $0 }
  }

  private func load(_ file: URL, into place: UnsafeMutableBufferPointer<UInt8>) async throws -> Outcome {
    var pixels: PixelArray
    do {
      pixels = try Picture.read(file).pixels
    } catch let error as PictureError {
      return .unreadable(error)
    }
    let isGrey = pixels.channels == 1
    if isGrey && skipGrey { return .skippedGrey }
    let own = ImageSize(height: pixels.height, width: pixels.width)
    if own != size {
      guard mayResize else { throw DatasetError.differentSizes(path: file.relativePath, size: own, first: size) }
      pixels = try await resize(pixels, size.height, size.width)
      precondition(
        pixels.height == size.height && pixels.width == size.width, "resizing gave an image of another size")
    }
    if isGrey {
      for (index, value) in pixels.values.enumerated() {
        for channel in 0..<3 { place[3 * index + channel] = value }
      }
    } else {
      _ = place.update(fromContentsOf: pixels.values)
    }
    return .kept(isGrey: isGrey, isResized: own != size)
  }
}
