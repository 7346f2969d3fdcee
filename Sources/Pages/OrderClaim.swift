/// What the paper claims of the maps' order, and whether the numbers show it: {positive, active} < original <
/// {negative, inactive} in the areas of black-deletion, the reverse in those of white-deletion.
public struct OrderClaim: Sendable, Equatable {
  /// Two maps, the first of which should have the smaller area.
  public struct Pair: Sendable, Equatable {
    public enum Verdict: Sendable, Equatable {
      case holds
      /// Not in order, but the paper's own areas lie less than 0.01 apart, so that either order may come out.
      case eitherWay
      case fails
    }

    public let smaller: String
    public let larger: String
    public let values: (smaller: Double, larger: Double)
    public let verdict: Verdict

    public static func == (a: Pair, b: Pair) -> Bool {
      a.smaller == b.smaller && a.larger == b.larger && a.values == b.values && a.verdict == b.verdict
    }
  }

  public let metric: String
  /// The four comparisons with the original map.
  public let pairs: [Pair]

  public var holds: Bool { pairs.allSatisfy { $0.verdict != .fails } }

  /// Pairs that lie closer in the paper may fall either way.
  static let tolerance = 0.01

  /// Nil where an experiment has not all five maps of the gradient in that metric, or the metric is neither black nor white.
  public init?(_ metric: String, in experiment: PageExperiment) {
    let sides =
      switch metric {
      case "black": (small: ["positive", "active"], large: ["negative", "inactive"])
      case "white": (small: ["negative", "inactive"], large: ["positive", "active"])
      default: (small: [String](), large: [String]())
      }
    guard !sides.small.isEmpty else { return nil }
    func area(_ view: String) -> PageArea? {
      let series = PageSeries(metric: metric, kind: .map, attribution: "gradient", view: view)
      return experiment.areas.first { $0.series == series }
    }
    var pairs: [Pair] = []
    for (smaller, larger) in sides.small.map({ ($0, "original") }) + sides.large.map({ ("original", $0) }) {
      guard let a = area(smaller), let b = area(larger) else { return nil }
      var verdict = a.estimate.value < b.estimate.value ? Pair.Verdict.holds : .fails
      if verdict == .fails, let first = a.paper, let second = b.paper, abs(first - second) < Self.tolerance {
        verdict = .eitherWay
      }
      pairs.append(
        Pair(smaller: smaller, larger: larger, values: (a.estimate.value, b.estimate.value), verdict: verdict))
    }
    self.metric = metric
    self.pairs = pairs
  }
}

extension PageExperiment {
  /// The claims that can be checked on it.
  public var claims: [OrderClaim] { ["black", "white"].compactMap { OrderClaim($0, in: self) } }

  /// The areas that the paper has, too, and by how much they are above the paper's.
  var differencesFromPaper: [(area: PageArea, difference: Double)] {
    areas.compactMap { area in area.paper.map { (area, area.estimate.value - $0) } }
  }

  /// The area that is farthest from the paper's; nil where the paper has none.
  public var farthestFromPaper: (area: PageArea, difference: Double)? {
    differencesFromPaper.max { abs($0.difference) < abs($1.difference) }
  }
}
