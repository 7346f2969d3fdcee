import Rasters
import Tensors

extension PixelArray {
  /// Bilinear and antialiased, rounded to whole numbers: what torchvision's `resize` makes of uint8 tensors.
  public func resized(height: Int, width: Int) async throws -> PixelArray {
    try await TorchActor.run {
      let sized = try planes(height: height, width: width).permuted([0, 2, 3, 1]) + 0.5
      return PixelArray(
        height: height, width: width, channels: channels, values: try sized.to(.uint8).contiguous().array())
    }
  }
}

extension PixelArray {
  /// The picture as planes [1, C, `height`, `width`], float32 in 0…255, resized if it has another size.
  ///
  /// Of a large picture a band of rows after the other becomes floats and is resized to `width`, and all of them to `height`: the
  /// same numbers bit for bit, because libtorch resizes the rows first and passes on unchanged what has its size already, in a
  /// quarter of the memory or less.
  ///
  /// - Parameter converted: done to the planes of each band.
  @TorchActor func planes(
    height: Int, width: Int, converted: (Tensor) throws -> Tensor = { $0 }, bandSize: Int = 1 << 22
  ) throws -> Tensor {
    let line = self.width * channels
    let bandHeight = max(1, bandSize / max(1, line))
    func band(_ rows: Range<Int>) throws -> Tensor {
      let part = rows.count == self.height ? values : Array(values[rows.lowerBound * line..<rows.upperBound * line])
      return try converted(
        Tensor(part, shape: [1, rows.count, self.width, channels]).permuted([0, 3, 1, 2]).contiguous().to(.float32))
    }
    func resized(_ image: Tensor, _ height: Int, _ width: Int) throws -> Tensor {
      image.shape[2] == height && image.shape[3] == width ? image : try image.resized(height: height, width: width)
    }
    guard bandHeight < self.height else { return try resized(band(0..<self.height), height, width) }
    let bands = try (0..<self.height).batches(of: bandHeight).map { try resized(band($0), $0.count, width) }
    return try resized(.concatenate(bands, axis: 2), height, width)
  }
}

extension Preprocessing {
  /// A picture at the input size and with the input's channels, rounded to whole numbers.
  public func fitted(_ pixels: PixelArray) async throws -> PixelArray {
    try await seen(pixels).map { UInt8(clamping: Int(($0 * 255).rounded())) }
  }
}
