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

  public init(_ kind: Kind, attribution: String = "", view: String = "") {
    self.kind = kind
    self.attribution = attribution
    self.view = view
  }

  /// The maps of an explainer and, if wanted, their controls: random pixels, and for every map but the original as many
  /// random pixels as it deletes.
  static func all(_ explainer: Explainer, controls: Bool) -> [DeletionSeries] {
    let maps = explainer.attributions.flatMap { attribution in
      explainer.views(of: attribution).map {
        DeletionSeries(.map, attribution: attribution.name, view: $0.name)
      }
    }
    guard controls else { return maps }
    return maps + [DeletionSeries(.random)]
      + maps.filter { $0.view != "original" }.map {
        DeletionSeries(.randomAsMany, attribution: $0.attribution, view: $0.view)
      }
  }
}
