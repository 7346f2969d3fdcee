import Rasters

/// One number per pixel of an image: how much the pixel matters, in the sense of one attribution and one view.
public struct SaliencyMap: Sendable, Equatable {
  /// The name of the attribution, e.g. `gradient`.
  public let attribution: String

  /// The name of the view, e.g. `active`.
  public let view: String

  /// What the sign of the attribution's values says; nil: they have none.
  public let sign: Sign?

  /// Which way the pixels with high values should change.
  public let direction: Direction

  /// Whether the view gives negative values.
  public let hasNegatives: Bool

  /// [H, W] at the classifier's input size, unscaled, in units of logit per unit of pixel brightness for gradients.
  public let values: Raster<Float>

  public init(_ attribution: any Attribution, _ view: any View, values: Raster<Float>) {
    self.attribution = attribution.name
    self.view = view.name
    sign = attribution.sign
    direction = view.direction
    hasNegatives = view.hasNegatives
    self.values = values
  }
}
