/// Which map: of an attribution seen through a view, or a control, which knows nothing of the model.
public struct MapName: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Codable {
    case map
    /// Random numbers.
    case random
    /// Random numbers for no more pixels than a map has.
    case randomAsMany
    /// The edges of the image.
    case sobel
  }

  public let kind: Kind
  /// The name of the attribution, or of the control.
  public let attribution: String
  /// The name of the view; empty for a control that stands beside all of them.
  public let view: String
  /// What the sign of the attribution's values says; nil: they have none.
  public let sign: Sign?
  /// Which way the pixels with high values should change.
  public let direction: Direction
  /// Whether the map can have negative values.
  public let hasNegatives: Bool

  public init(_ attribution: any Attribution, _ view: any View) {
    self.init(
      attribution: attribution.name, view: view.name, sign: attribution.sign, direction: view.direction,
      hasNegatives: view.hasNegatives)
  }

  package init(
    _ kind: Kind = .map, attribution: String, view: String, sign: Sign? = nil, direction: Direction = .either,
    hasNegatives: Bool = false
  ) {
    self.kind = kind
    self.attribution = attribution
    self.view = view
    self.sign = sign
    self.direction = direction
    self.hasNegatives = hasNegatives
  }

  /// A control that stands beside all maps, or for those of one view.
  public static func control(_ kind: Kind, view: String = "") -> MapName {
    MapName(kind, attribution: kind.rawValue, view: view)
  }

  /// As many random pixels as the map has.
  public var asManyRandom: MapName { changed(kind: .randomAsMany) }

  /// The map that as many random pixels are a control of; a map itself.
  package var ownMap: MapName { changed(kind: .map) }

  private func changed(kind: Kind) -> MapName {
    MapName(
      kind, attribution: attribution, view: view, sign: sign, direction: direction, hasNegatives: hasNegatives)
  }

  /// The same attribution through another view.
  package func seen(through view: any View) -> MapName {
    MapName(
      attribution: attribution, view: view.name, sign: sign, direction: view.direction, hasNegatives: view.hasNegatives)
  }

  public var isControl: Bool { kind != .map }

  /// For people.
  public var title: String { title(namesAttribution: true) }

  /// - Parameter namesAttribution: not where all maps have the same.
  public func title(namesAttribution: Bool) -> String {
    let map = namesAttribution ? "\(attribution) \(view)" : view
    return switch kind {
    case .map: map
    case .random, .sobel: attribution
    case .randomAsMany: "random, as many as \(map)"
    }
  }

  /// For files: `gradient-active`, `random`.
  public var slug: String {
    switch kind {
    case .map: "\(attribution)-\(view)"
    case .random, .sobel: attribution
    case .randomAsMany: "random-\(attribution)-\(view)"
    }
  }
}

extension Explainer {
  /// Its maps in their order.
  public var mapNames: [MapName] {
    attributions.flatMap { attribution in views(of: attribution).map { MapName(attribution, $0) } }
  }
}
