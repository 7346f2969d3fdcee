import Figures
import Maps
import Pages

extension DeletionReport {
  /// What is claimed of the areas, and whether these images show it: for each replacement the paper's order of the gradient's
  /// maps, where all five are there and the most salient pixels go first, and all maps against their controls, where there are
  /// some.
  public var claims: [OrderClaim] {
    settings.setup.replacements.indices.flatMap { turn in [order(turn), controls(turn)].compactMap(\.self) }
  }

  private func order(_ turn: Int) -> OrderClaim? {
    let replacement = settings.setup.replacements[turn]
    guard [.black, .white].contains(replacement), settings.setup.order == .descending else { return nil }
    let original = DeletionSeries(Gradient(), Original())
    let maps = ([Positive(), Active(), Negative(), Inactive()] as [any View]).map { DeletionSeries(Gradient(), $0) }
    let comparisons =
      maps.filter { Self.isLowGood($0, replacement, .descending) == true }.map { ($0, original) }
      + maps.filter { Self.isLowGood($0, replacement, .descending) == false }.map { (original, $0) }
    let found = comparisons.compactMap { smaller, larger in
      let isClose =
        if let a = paperArea(smaller, replacement), let b = paperArea(larger, replacement) {
          abs(a - b) < OrderClaim.tolerance
        } else { false }
      return comparison(turn, smaller, below: larger, isNeeded: !isClose)
    }
    return found.count == maps.count ? OrderClaim(.order, metric: replacement.rawValue, comparisons: found) : nil
  }

  private func controls(_ turn: Int) -> OrderClaim? {
    let replacement = settings.setup.replacements[turn]
    let comparisons = settings.setup.series.compactMap { map -> OrderClaim.Comparison? in
      guard let isLow = Self.isLowGood(map, replacement, settings.setup.order) else { return nil }
      let control =
        map.view == Views.original.name
        ? DeletionSeries(.random) : DeletionSeries(.randomAsMany, attribution: map.attribution, view: map.view)
      return isLow ? comparison(turn, map, below: control) : comparison(turn, control, below: map)
    }
    return comparisons.isEmpty
      ? nil : OrderClaim(.controls, metric: replacement.rawValue, comparisons: comparisons)
  }

  /// Nil where one of them was not measured.
  private func comparison(
    _ turn: Int, _ smaller: DeletionSeries, below larger: DeletionSeries, isNeeded: Bool = true
  ) -> OrderClaim.Comparison? {
    let series = settings.setup.series
    guard let first = series.firstIndex(of: smaller), let second = series.firstIndex(of: larger) else { return nil }
    let found = bootstrap.difference(replacement: turn, smaller: first, larger: second)
    let difference = PageEstimate(found.value, low: found.low, high: found.high)
    let replacement = settings.setup.replacements[turn]
    return OrderClaim.Comparison(
      PageSeries(smaller, replacement), below: PageSeries(larger, replacement), difference: difference,
      verdict: .init(of: difference, images: result.imageCount), isNeeded: isNeeded)
  }

  /// The claims in sentences, and a line for every comparison that does not hold.
  public static func text(of claims: [OrderClaim]) -> [String] {
    let attributions = claims.flatMap { $0.comparisons.flatMap { [$0.smaller.attribution, $0.larger.attribution] } }
    let namesAttribution = attributions.filter { !$0.isEmpty }.unique.count > 1
    return OrderClaim.sentences(claims).map { "\($0)." }
      + claims.flatMap { $0.problems(namesAttribution: namesAttribution) }.map { "  \($0)" }
  }
}

extension PageSeries {
  package init(_ series: DeletionSeries, _ replacement: Replacement) {
    self.init(
      metric: replacement.rawValue, kind: .init(series.kind), attribution: series.attribution, view: series.view)
  }
}

extension PageSeries.Kind {
  package init(_ kind: DeletionSeries.Kind) {
    switch kind {
    case .map: self = .map
    case .random: self = .random
    case .randomAsMany: self = .randomAsMany
    }
  }
}
