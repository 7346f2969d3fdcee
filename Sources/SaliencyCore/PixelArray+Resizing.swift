import Rasters
import Tensors

extension PixelArray {
  /// Bilinear and antialiased, rounded to whole numbers: what torchvision's `resize` makes of uint8 tensors.
  public func resized(height: Int, width: Int) async throws -> PixelArray {
    try await TorchActor.run {
      let planes = try Tensor(values, shape: [1, self.height, self.width, channels])
        .permuted([0, 3, 1, 2]).to(.float32)
      let sized = try planes.contiguous().resized(height: height, width: width).permuted([0, 2, 3, 1]) + 0.5
      return PixelArray(
        height: height, width: width, channels: channels, values: try sized.to(.uint8).contiguous().array())
    }
  }
}

extension Preprocessing {
  /// A picture at the input size and with the input's channels, rounded to whole numbers.
  public func fitted(_ pixels: PixelArray) async throws -> PixelArray {
    try await seen(pixels).map { UInt8(clamping: Int(($0 * 255).rounded())) }
  }
}
