import Rasters

/// Images some pixels of which have been replaced, in all channels, by one colour.
struct RemovedPixels: LabelledImages {
  let name: String
  private let base: any LabelledImages
  private let order: RemovalOrder
  private let fraction: Double
  private let colour: [UInt8]

  var classNames: [String] { base.classNames }
  var height: Int { base.height }
  var width: Int { base.width }
  var channels: Int { base.channels }
  var labels: [Int32] { base.labels }

  /// - Parameters:
  ///   - fraction: the share of the pixels that is replaced, the first in their order, 0…1.
  ///   - colour: a number for every channel, such as ``meanColour(of:)``.
  /// - Precondition: order and images have the same number of images and of pixels.
  init(_ base: any LabelledImages, order: RemovalOrder, fraction: Double, colour: [UInt8]) {
    precondition(
      order.count == base.count && order.pixels == base.height * base.width && colour.count == base.channels,
      "the order and the colour belong to other images")
    self.base = base
    self.order = order
    self.fraction = fraction
    self.colour = colour
    name = "\(base.name), without \(fraction) of the pixels"
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    let images = Array(indices)
    base.copyPixels(of: images, into: buffer)
    for (place, image) in images.enumerated() {
      order.forRemoved(of: image, fraction: fraction) { pixel in
        for channel in 0..<channels { buffer[place * imageSize + pixel * channels + channel] = colour[channel] }
      }
    }
  }

  /// The mean of all images in every channel, rounded. Cost: every image is read once.
  static func meanColour(of images: any LabelledImages) -> [UInt8] {
    var sums = [Int](repeating: 0, count: images.channels)
    for index in 0..<images.count {
      for (place, value) in images[index].values.enumerated() { sums[place % images.channels] += Int(value) }
    }
    let count = max(1, images.count * images.height * images.width)
    return sums.map { UInt8(($0 + count / 2) / count) }
  }
}
