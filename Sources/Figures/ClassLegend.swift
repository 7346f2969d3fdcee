import Rasters

/// What the colours of class panels (``MapPanel/Content/classes(_:strength:)``) mean: names for the classes and a line of text.
///
/// The six classes that cover the pictures most have a colour of their own, the rest share a grey.
public struct ClassLegend: Sendable {
  /// The name of every class, by index.
  public var names: [String]
  public var caption: String

  public init(names: [String], caption: String) {
    self.names = names
    self.caption = caption
  }
}

/// Which class has which colour in one figure.
struct ClassColours {
  /// The classes with a colour of their own, the most frequent first.
  let classes: [Int]
  /// How many more classes occur.
  let others: Int

  /// Counts pixels by their strength over all class panels in `contents`; the smaller index first where counts are equal.
  init(of contents: [MapPanel.Content]) {
    var weights: [Int: Double] = [:]
    for case .classes(let classes, let strength) in contents {
      for (index, weight) in zip(classes.values, strength.values) where index >= 0 && weight > 0 && weight.isFinite {
        weights[index, default: 0] += Double(min(weight, 1))
      }
    }
    let ranked = weights.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    classes = Array(ranked.prefix(Colour.categories.count))
    others = ranked.count - classes.count
  }

  func colour(of index: Int) -> Colour {
    guard index >= 0 else { return .white }
    return classes.firstIndex(of: index).map { Colour.categories[$0] } ?? .otherCategory
  }

  /// The legend's entries in order.
  func entries(names: [String]) -> [(colour: Colour, name: String)] {
    let own = classes.map { (colour(of: $0), names.indices.contains($0) ? names[$0] : "class \($0)") }
    guard others > 0 else { return own }
    return own + [(.otherCategory, others == 1 ? "1 other class" : "\(others) other classes")]
  }
}
