import Foundation
import Rasters
import Tensors

/// How a picture becomes a classifier's input, and how the classifier normalises it.
public struct Preprocessing: Sendable, Equatable, Codable {
  /// How a picture of another shape is brought to the input size.
  public enum Fit: String, Sendable, Codable, CaseIterable {
    /// Both sides are scaled to the size; the aspect is not kept.
    case stretch
    /// The shorter side is scaled to size / 0.875 and the centre is cut out, as torchvision's recipe does.
    case crop
  }

  public var height: Int
  public var width: Int
  /// 1 for grey input, 3 for red, green, blue.
  public var channels: Int
  public var fit: Fit
  /// Subtracted from each channel inside the classifier; empty for none.
  public var mean: [Double]
  /// Each channel is divided by it inside the classifier; empty for none.
  public var standardDeviation: [Double]

  public init(
    height: Int, width: Int, channels: Int = 3, fit: Fit = .stretch, mean: [Double] = [],
    standardDeviation: [Double] = []
  ) {
    self.height = height
    self.width = width
    self.channels = channels
    self.fit = fit
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// The classifier's input for a picture: [1, C, H, W], float32, in 0…1, **not** normalised.
  ///
  /// Grey pictures are repeated for a classifier that wants colours; colours become grey by 0.299 R + 0.587 G + 0.114 B
  /// for one that wants grey. Resizing is bilinear and antialiased, as torchvision's of tensors.
  @TorchActor public func image(from pixels: PixelArray) throws -> Tensor {
    let source = scaledSize(height: pixels.height, width: pixels.width)
    let planes = try pixels.planes(height: source.height, width: source.width, converted: converted)
    return try cut(planes) * (1 / 255)
  }

  /// The inverse of ``image(from:)-(PixelArray)`` for showing what the classifier saw: an image [1, C, H, W] as a raster in 0…1.
  public static func raster(from image: Tensor) throws -> Raster<Float> {
    let shape = image.shape
    return Raster(
      height: shape[2], width: shape[3], channels: shape[1], values: try image.permuted([0, 2, 3, 1]).floats())
  }

  /// A picture as the classifier will see it: ``image(from:)-(PixelArray)`` as a raster.
  @TorchActor public func seen(_ pixels: PixelArray) throws -> Raster<Float> {
    try Self.raster(from: image(from: pixels))
  }

  /// The image [1, C, H, W] whose ``raster(from:)`` this is.
  @TorchActor public static func image(from raster: Raster<Float>) throws -> Tensor {
    try Tensor(raster.values, shape: [1, raster.height, raster.width, raster.channels]).permuted([0, 3, 1, 2])
  }

  /// (x − mean) / standard deviation, channel by channel; the image itself where neither is given.
  @TorchActor public func normalized(_ images: Tensor) throws -> Tensor {
    var result = images
    if !mean.isEmpty { result = try result - perChannel(mean, like: images) }
    if !standardDeviation.isEmpty { result = try result / perChannel(standardDeviation, like: images) }
    return result
  }

  @TorchActor private func perChannel(_ values: [Double], like images: Tensor) throws -> Tensor {
    try Tensor(values, shape: [1, values.count, 1, 1]).to(images.type ?? .float32, images.device)
  }

  @TorchActor func converted(_ planes: Tensor) throws -> Tensor {
    let shape = planes.shape
    if channels == 3 && shape[1] == 1 { return try planes.expanded([1, 3, shape[2], shape[3]]).contiguous() }
    if channels == 1 && shape[1] == 3 {
      return try (planes * Tensor([0.299, 0.587, 0.114] as [Float], shape: [1, 3, 1, 1])).sum([1], keepingAxes: true)
    }
    return planes
  }

  /// The centre, where a picture is larger than the input.
  @TorchActor func cut(_ image: Tensor) throws -> Tensor {
    let (top, left) = (Self.half(image.shape[2] - height), Self.half(image.shape[3] - width))
    guard image.shape[2] != height || image.shape[3] != width else { return image }
    return try image.slice(axis: 2, top..<top + height).slice(axis: 3, left..<left + width).contiguous()
  }

  /// The size that a picture is scaled to.
  public func scaledSize(height: Int, width: Int) -> (height: Int, width: Int) {
    fit == .stretch ? (self.height, self.width) : cropSource(height: height, width: width)
  }

  /// The part of a picture of that size that becomes the input, in its pixels: all of it, or with ``Fit/crop`` its middle.
  public func window(height sourceHeight: Int, width sourceWidth: Int) -> (
    x: Double, y: Double, width: Double, height: Double
  ) {
    guard fit == .crop else { return (0, 0, Double(sourceWidth), Double(sourceHeight)) }
    let enlarged = cropSource(height: sourceHeight, width: sourceWidth)
    let across = Double(sourceWidth) / Double(enlarged.width)
    let down = Double(sourceHeight) / Double(enlarged.height)
    return (
      Double(Self.half(enlarged.width - width)) * across, Double(Self.half(enlarged.height - height)) * down,
      Double(width) * across, Double(height) * down
    )
  }

  /// The size that a picture is scaled to before its centre is cut out.
  package func cropSource(height sourceHeight: Int, width sourceWidth: Int) -> (height: Int, width: Int) {
    let (wantedHeight, wantedWidth) = (Double(height) / 0.875, Double(width) / 0.875)
    // With a square size this is torchvision's Resize(round(size / 0.875)): the longer side is rounded down.
    let scale = max(wantedHeight.rounded() / Double(sourceHeight), wantedWidth.rounded() / Double(sourceWidth))
    return (
      max(height, Int(Double(sourceHeight) * scale + 1e-9)), max(width, Int(Double(sourceWidth) * scale + 1e-9))
    )
  }

  /// Half of a margin, rounded as torchvision's CenterCrop does (halves to the even number).
  private static func half(_ margin: Int) -> Int { Int((Double(margin) / 2).rounded(.toNearestOrEven)) }
}
