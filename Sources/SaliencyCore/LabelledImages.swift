/// A decoded image classification data set, or one part of it: pixels of one size, each image with its class.
public protocol LabelledImages: Sendable {
  /// In the order of the labels.
  var classNames: [String] { get }
  var count: Int { get }
  var height: Int { get }
  var width: Int { get }
  /// 1 for grey, 3 for red, green, blue.
  var channels: Int { get }
  /// The class of every image, 0 ..< classNames.count.
  var labels: [Int] { get }

  /// Copies the pixels of the images, one after the other, [height, width, channels] each, in 0…255.
  ///
  /// - Precondition: `destination` has room for `indices.count × height × width × channels` bytes.
  func copyPixels(of indices: some Collection<Int>, into destination: UnsafeMutableRawBufferPointer)
}
