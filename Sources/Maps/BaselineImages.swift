import Rasters

/// Images that others are compared with, of which some are drawn for each.
public struct BaselineImages: Sendable {
  let images: any LabelledImages
  /// For records: results with other images are other results.
  public let name: String

  public init(_ images: any LabelledImages, name: String) {
    self.images = images
    self.name = name
  }

  /// - Precondition: all pictures have the same size and channels.
  public init(_ pictures: [PixelArray], name: String) { self.init(Pictures(pictures: pictures), name: name) }

  /// - Throws: ``MethodError/baselineShape(_:expected:found:)`` for images that are not of the input's shape.
  func check(_ input: Preprocessing) throws {
    try input.check(name, channels: images.channels, height: images.height, width: images.width)
  }

  private struct Pictures: LabelledImages {
    let pictures: [PixelArray]
    let name = "pictures"
    let classNames = ["picture"]
    var height: Int { pictures.first?.height ?? 0 }
    var width: Int { pictures.first?.width ?? 0 }
    var channels: Int { pictures.first?.channels ?? 0 }
    var labels: [Int32] { Array(repeating: 0, count: pictures.count) }

    func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
      for (place, index) in indices.enumerated() {
        precondition(pictures[index].values.count == imageSize, "the pictures differ in size")
        let part = place * imageSize..<(place + 1) * imageSize
        _ = UnsafeMutableBufferPointer(rebasing: buffer[part]).update(fromContentsOf: pictures[index].values)
      }
    }
  }
}
