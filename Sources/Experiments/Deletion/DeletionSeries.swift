import Maps

/// One of the curves of a deletion benchmark: the pixels of a map, or a control.
public struct DeletionSeries: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Codable {
    /// The pixels in the order of a map.
    case map
    /// Pixels in random order, as many as the fraction asks for.
    case random
    /// Pixels in the same random order, but never more than the map has.
    case randomAsMany
  }

  public let kind: Kind
  /// The map's attribution and view; empty for ``Kind/random``.
  public let attribution: String
  public let view: String
  /// What the sign of the attribution's values says, and which way the view's pixels should change; nil for controls.
  public let sign: Sign?
  public let direction: Direction?

  public init(
    _ kind: Kind, attribution: String = "", view: String = "", sign: Sign? = nil, direction: Direction? = nil
  ) {
    self.kind = kind
    self.attribution = attribution
    self.view = view
    self.sign = sign
    self.direction = direction
  }

  init(_ attribution: any Attribution, _ view: any View) {
    self.init(
      .map, attribution: attribution.name, view: view.name, sign: attribution.sign, direction: view.direction)
  }

  /// The maps of an explainer and, if wanted, their controls: random pixels, and for every map but the original as many
  /// random pixels as it deletes.
  static func all(_ explainer: Explainer, controls: Bool) -> [DeletionSeries] {
    let maps = explainer.attributions.flatMap { attribution in
      explainer.views(of: attribution).map { DeletionSeries(attribution, $0) }
    }
    guard controls else { return maps }
    return maps + [DeletionSeries(.random)]
      + maps.filter { $0.view != Views.original.name }.map {
        DeletionSeries(.randomAsMany, attribution: $0.attribution, view: $0.view)
      }
  }
}
