/// What attributions can be told, by name; each takes what it knows (``Attribution/configured(by:)``).
public struct MethodOptions: Sendable {
  /// Points on the line from baseline to image.
  public var steps = 50
  /// Where these points lie and how they count.
  public var quadrature = Quadrature.gaussLegendre
  /// What the image is compared with.
  public var baseline = Baseline.black
  /// Noisy copies of the image.
  public var samples = 25
  /// The deviation of their noise as a share of the image's range.
  public var noiseLevel = 0.15
  /// How relevance goes back.
  public var relevance = RelevanceRules()
  /// The layer of class activation maps; nil: the last one that fits.
  public var layer: String?
  /// Decides the noise.
  public var seed: UInt64 = 0

  public init() {}
}
