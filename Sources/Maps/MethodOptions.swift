/// What attributions can be told, by name; each takes what it knows (``Attribution/configured(by:)``).
public struct MethodOptions: Sendable {
  /// Points on the line from baseline to image.
  public var steps = 50
  /// Where these points lie and how they count.
  public var quadrature = Quadrature.gaussLegendre
  /// What the image is compared with.
  public var baseline = Baseline.black
  /// The images of which those are drawn that the image is compared with; nil: none.
  public var baselines: BaselineImages?
  /// Noisy copies of the image, or drawn baselines.
  public var samples = 25
  /// The deviation of their noise as a share of the image's range.
  public var noiseLevel = 0.15
  /// How relevance goes back.
  public var relevance = RelevanceRules()
  /// The layer of class activation maps; nil: the last one that fits.
  public var layer: String?
  /// The window that hides a part of the image, and how far it moves; nil: a quarter of each side, a quarter of the window.
  public var window: Occlusion.Size?
  public var stride: Occlusion.Size?
  /// Random masks, the cells along each side of one, and the probability of a cell to be kept.
  public var masks = 1000
  public var maskCells = 7
  public var maskProbability = 0.5
  /// The deviation of the widest blur in pixels; nil: a quarter of the image's longer side.
  public var maxBlur: Double?
  /// The share of the elements that move at once on a guided path, and how far they may be from the straight line.
  public var pathFraction = 0.25
  public var pathDistance = 0.02
  /// Decides noise, masks and whatever else is drawn.
  public var seed: UInt64 = 0

  public init() {}
}
