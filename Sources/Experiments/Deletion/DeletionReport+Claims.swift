import Figures
import Maps

extension DeletionReport {
  /// What is claimed of the areas, and whether these images show it: for each replacement the paper's order of the gradient's
  /// maps, where all five are there and the most salient pixels go first, and all maps against their controls, where there are
  /// some.
  public var claims: [OrderClaim] { accuracies.flatMap { [order($0), controls($0)].compactMap(\.self) } }

  private func order(_ metric: Int) -> OrderClaim? {
    guard Metrics.paper.contains(where: { $0.name == result.metrics[metric].name }), setup.order == .descending else {
      return nil
    }
    let original = MapName(Gradient(), Original())
    let maps = ([Positive(), Active(), Negative(), Inactive()] as [any View]).map { MapName(Gradient(), $0) }
    let comparisons =
      maps.filter { isLowGood($0, metric: metric) == true }.map { ($0, original) }
      + maps.filter { isLowGood($0, metric: metric) == false }.map { (original, $0) }
    let found = comparisons.compactMap { smaller, larger in
      let isClose =
        if let a = paperArea(smaller, metric: metric), let b = paperArea(larger, metric: metric) {
          abs(a - b) < OrderClaim.tolerance
        } else { false }
      return comparison(metric, smaller, below: larger, isNeeded: !isClose)
    }
    return found.count == maps.count
      ? OrderClaim(.order, metric: result.metrics[metric].name, comparisons: found) : nil
  }

  private func controls(_ metric: Int) -> OrderClaim? {
    let comparisons = setup.series.compactMap { map -> OrderClaim.Comparison? in
      guard let isLow = isLowGood(map, metric: metric) else { return nil }
      let control = setup.series.contains(map.asManyRandom) ? map.asManyRandom : .control(.random)
      return isLow ? comparison(metric, map, below: control) : comparison(metric, control, below: map)
    }
    return comparisons.isEmpty
      ? nil : OrderClaim(.controls, metric: result.metrics[metric].name, comparisons: comparisons)
  }

  /// Nil where one of them was not measured.
  private func comparison(
    _ metric: Int, _ smaller: MapName, below larger: MapName, isNeeded: Bool = true
  ) -> OrderClaim.Comparison? {
    guard let first = setup.series.firstIndex(of: smaller), let second = setup.series.firstIndex(of: larger) else {
      return nil
    }
    let difference = bootstraps[metric].difference(smaller: first, larger: second)
    return OrderClaim.Comparison(
      smaller, below: larger, difference: difference, verdict: .init(of: difference, images: result.imageCount),
      isNeeded: isNeeded)
  }

  /// The claims in sentences, and a line for every comparison that does not hold.
  var claimLines: [String] {
    let claims = claims
    let maps = claims.flatMap { $0.comparisons.flatMap { [$0.smaller, $0.larger] } }
    let namesAttribution = maps.filter { $0.kind != .random }.map(\.attribution).unique.count > 1
    let lines =
      OrderClaim.sentences(claims).map { "\($0)." }
      + claims.flatMap { $0.problems(namesAttribution: namesAttribution) }.map { "  \($0)" }
    return lines.count <= Self.mostLines
      ? lines
      : lines.prefix(Self.mostLines - 1)
        + ["  \(lines.count - Self.mostLines + 1) more comparisons are in summary.json"]
  }

  private static let mostLines = 16
}
