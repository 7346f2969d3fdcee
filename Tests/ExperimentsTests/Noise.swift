import Rasters
import TestSupport

/// Pictures of noise with random classes.
struct Noise: LabelledImages {
  let name = "noise"
  let classNames: [String]
  let height: Int
  let width: Int
  let channels: Int
  let labels: [Int32]
  private let pixels: [UInt8]

  init(count: Int, classes: Int, height: Int, width: Int, channels: Int = 3, seed: UInt64 = 0) {
    var random = SeededGenerator(seed: seed)
    classNames = (0..<classes).map { "class \($0)" }
    (self.height, self.width, self.channels) = (height, width, channels)
    labels = (0..<count).map { _ in Int32.random(in: 0..<Int32(classes), using: &random) }
    pixels = (0..<count * height * width * channels).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    for (place, index) in indices.enumerated() {
      _ = UnsafeMutableBufferPointer(rebasing: buffer[place * imageSize..<(place + 1) * imageSize])
        .update(fromContentsOf: pixels[index * imageSize..<(index + 1) * imageSize])
    }
  }
}
