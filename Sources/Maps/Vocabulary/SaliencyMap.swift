import Rasters

/// One number per pixel of an image: how much the pixel matters, in the sense of one attribution and one view.
public struct SaliencyMap: Sendable, Equatable {
  /// The name of the attribution, e.g. `gradient`.
  public let attribution: String

  /// The name of the view, e.g. `active`.
  public let view: String

  /// [H, W] at the classifier's input size, unscaled, in units of logit per unit of pixel brightness for gradients.
  /// Never negative, except in the view `signed`.
  public let values: Raster<Float>

  public init(attribution: String, view: String, values: Raster<Float>) {
    self.attribution = attribution
    self.view = view
    self.values = values
  }
}
