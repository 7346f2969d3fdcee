import Rasters

/// One number per pixel of an image: how much the pixel matters, in the sense of one attribution and one view.
@dynamicMemberLookup public struct SaliencyMap: Sendable, Equatable {
  public let name: MapName

  /// [H, W] at the classifier's input size, unscaled, in units of logit per unit of pixel brightness for gradients.
  public let values: Raster<Float>

  public init(_ attribution: any Attribution, _ view: any View, values: Raster<Float>) {
    name = MapName(attribution, view)
    self.values = values
  }

  /// What its name says: the attribution and the view, and which way pixels should change.
  public subscript<Value>(dynamicMember path: KeyPath<MapName, Value>) -> Value { name[keyPath: path] }
}
