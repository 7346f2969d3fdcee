import Tensors

/// A way to reduce the classes' values to one number per pixel.
@TorchActor public protocol View: Sendable {
  /// The name that options and files use, e.g. `active`.
  nonisolated var name: String { get }

  /// Whether the rivals' values are needed, which costs one pass per rival.
  nonisolated var comparesClasses: Bool { get }

  /// Whether the sign of the values is read, so that an attribution without sign cannot be seen this way.
  nonisolated var needsSign: Bool { get }

  /// Which way the pixels with high values should change for the model to be surer, if the attribution's sign says what should
  /// change (``Sign/brightness``).
  nonisolated var direction: Direction { get }

  /// Whether values can be negative: such a map has no order of pixels, and is drawn with two colours around zero.
  nonisolated var hasNegatives: Bool { get }

  /// What a high value says of a pixel, for figures and pages: a clause that follows “the pixel …”.
  nonisolated var meaning: String { get }

  /// The maps, [N, H, W], of values [N, C, H, W].
  func maps(_ extremes: ClassExtremes) throws -> Tensor
}

extension View {
  public nonisolated var hasNegatives: Bool { false }
}

/// Which way pixels should change.
public enum Direction: String, Sendable, Codable {
  case brighter, darker
  /// Some pixels one way, some the other.
  case either
}

/// The views that there are, by name.
public enum Views {
  public static let original: any View = Original()
  public static let signed: any View = Signed()

  /// The five maps of the paper, in its order.
  public static let paper: [any View] = [original, Positive(), Negative(), Active(), Inactive()]

  /// Every view that gives one map.
  public static let all: [any View] = paper + [signed]

  public static func named(_ name: String) -> (any View)? { all.first { $0.name == name } }
}

extension Tensor {
  /// The largest value over the channels: [N, C, H, W] → [N, H, W].
  func largestOverChannels() throws -> Tensor { try max(axis: 1).values }

  /// The values where the condition holds, 0 elsewhere.
  @TorchActor func zeroed(unless condition: Tensor) throws -> Tensor {
    try .choose(
      self, where: condition, otherwise: Tensor(repeating: 0, shape: [], type: type ?? .float32, device: device))
  }
}
