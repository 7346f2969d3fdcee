/// Images of one size with a class each: what training and evaluation draw their batches from, wherever the pixels are
/// kept.
public protocol LabelledImages: Sendable {
  /// The data set and the part of it, for people: `Fashion-MNIST, test`.
  var name: String { get }
  /// The names of the classes for people, in the order of the labels.
  var classNames: [String] { get }
  var height: Int { get }
  var width: Int { get }
  /// 1 (grey) or 3 (red, green, blue).
  var channels: Int { get }
  /// The class of each image, an index into `classNames`.
  var labels: [Int32] { get }

  /// Copies the images' pixels one after the other to the front of `buffer`: N×H×W×C bytes, channels interleaved.
  ///
  /// Called for every training batch, on any thread, so it must be quick and safe on several threads at once.
  ///
  /// - Precondition: every index lies in `0..<count` and `buffer` has room for all images.
  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>)
}

extension RandomAccessCollection where Index == Int {
  /// All of it in turn, `size` elements at a time; the last ones may be fewer.
  package func batches(of size: Int) -> [SubSequence] {
    stride(from: startIndex, to: endIndex, by: size).map { self[$0..<Swift.min($0 + size, endIndex)] }
  }
}

extension LabelledImages {
  public var count: Int { labels.count }

  /// The number of bytes of one image: height × width × channels.
  public var imageSize: Int { height * width * channels }

  /// One image as a raster, e.g. to draw it.
  public subscript(index: Int) -> PixelArray {
    let values = [UInt8](unsafeUninitializedCapacity: imageSize) { buffer, count in
      copyPixels(of: CollectionOfOne(index), into: UnsafeMutableBufferPointer(rebasing: buffer[..<imageSize]))
      count = imageSize
    }
    return PixelArray(height: height, width: width, channels: channels, values: values)
  }
}
