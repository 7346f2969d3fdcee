/// A rectangular grid of pixels with interleaved channels: the plain array that passes between picture files, tensors
/// and figures.
///
/// `values` holds `height × width × channels` scalars in row-major order, the channels of a pixel side by side
/// (the order that picture files use, "HWC").
public struct Raster<Scalar: Sendable>: Sendable {
  public let height: Int
  public let width: Int
  /// 1 for grey pictures and maps, 3 for red, green, blue.
  public let channels: Int
  public var values: [Scalar]

  /// - Precondition: `values.count == height * width * channels`.
  public init(height: Int, width: Int, channels: Int = 1, values: [Scalar]) {
    precondition(
      values.count == height * width * channels,
      "a raster of \(height)×\(width)×\(channels) needs \(height * width * channels) values, not \(values.count)")
    self.height = height
    self.width = width
    self.channels = channels
    self.values = values
  }

  /// A raster whose every scalar is `value`.
  public init(repeating value: Scalar, height: Int, width: Int, channels: Int = 1) {
    self.init(
      height: height, width: width, channels: channels,
      values: Array(repeating: value, count: height * width * channels))
  }

  public subscript(row: Int, column: Int, channel: Int = 0) -> Scalar {
    get { values[(row * width + column) * channels + channel] }
    set { values[(row * width + column) * channels + channel] = newValue }
  }

  /// The raster with every scalar replaced by what `transform` makes of it.
  public func map<Other: Sendable>(_ transform: (Scalar) -> Other) -> Raster<Other> {
    Raster<Other>(height: height, width: width, channels: channels, values: values.map(transform))
  }
}

extension Raster: Equatable where Scalar: Equatable {}
extension Raster: Hashable where Scalar: Hashable {}

/// Decoded pixels of a picture, 0…255, grey or red–green–blue.
public typealias PixelArray = Raster<UInt8>
