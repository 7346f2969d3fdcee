import Experiments
import Foundation

/// The tables and charts of one experiment.
struct ExperimentView {
  let name: String
  let heading: String
  let tables: [(metric: String, caption: String, hasPaper: Bool, areaRows: [AreaRow])]
  let comparisons: [ComparisonView]
  let charts: [ChartView]
  /// The areas over trained networks beside the paper's.
  let spread: (note: String, hasPaper: Bool, spreadRows: [SpreadRow])?

  struct ComparisonView {
    let key, claim, metric, title, difference, interval, kind, sign, verdict: String
  }

  struct SpreadRow {
    let key, metric, title, mean, deviation, paper, distance, kind, place: String
  }

  struct AreaRow {
    let key, title, value, interval, paper, difference: String
    /// What its curve looks like; nil where it has none.
    let look: String?
    let isControl: Bool
    let goal: (arrow: String, word: String)?
  }

  struct ChartView {
    let id, title, description: String
    let drawn: ChartLines
    let numbers: [(fraction: String, cells: [(key: String, text: String)])]
  }

  init(_ experiment: PageExperiment) {
    name = experiment.name
    heading = experiment.heading
    let namesAttribution = experiment.attributions.count > 1
    tables = experiment.metrics.map { metric in
      let areas = experiment.areas.filter { $0.metric == metric }
      return (
        metric: metric, caption: "\(metric.capitalized)-deletion", hasPaper: areas.contains { $0.paper != nil },
        areaRows: areas.map { Self.row($0, in: experiment.name, namesAttribution) }
      )
    }
    comparisons = experiment.claims.flatMap { claim in
      claim.comparisons.map { comparison in
        ComparisonView(
          key: "\(experiment.name)/\(claim.metric)/\(comparison.smaller.slug)/below/\(comparison.larger.slug)",
          claim: "\(claim.metric)-deletion: \(claim.subject.title)", metric: claim.metric,
          title: comparison.title(namesAttribution: namesAttribution),
          difference: Text.signed(comparison.difference.value), interval: Text.signedInterval(comparison.difference),
          kind: comparison.verdict.kind, sign: comparison.verdict.sign,
          verdict: comparison.verdict.rawValue + (comparison.isNeeded ? "" : ", too close in the paper"))
      }
    }
    spread = experiment.spread.map { spread in
      (
        note: spread.note, hasPaper: spread.areas.contains { $0.paper != nil },
        spreadRows: spread.areas.map { Self.row($0, in: experiment.name) }
      )
    }
    charts = experiment.charts.map { chart in
      let (metric, curves) = (chart.metric, chart.curves)
      let title = "\(metric.capitalized)-deletion" + (namesAttribution ? ", \(chart.attribution)" : "")
      let numbers = curves[0].fractions.indices.map { index in
        (
          fraction: String(format: "%g%%", 100 * curves[0].fractions[index]),
          cells: curves.map { curve in
            (
              key: "\(experiment.name)/\(metric)/\(curve.map.slug)/\(experiment.score)/\(curve.fractions[index])",
              text: Text.number(curve.values[index])
            )
          }
        )
      }
      return ChartView(
        id: chart.id, title: title, description: Self.description(title, experiment.heading, experiment.score, curves),
        drawn: ChartLines(chart), numbers: numbers)
    }
  }

  private static func row(_ area: PageArea, in experiment: String, _ namesAttribution: Bool) -> AreaRow {
    let map = area.map
    return AreaRow(
      key: "\(experiment)/\(area.metric)/\(map.slug)", title: map.title(namesAttribution: namesAttribution),
      value: Text.number(area.estimate.value), interval: Text.interval(area.estimate), paper: Text.optional(area.paper),
      difference: Text.difference(area.estimate.value, area.paper),
      look: map.kind == .randomAsMany ? nil : map.style.key, isControl: map.isControl,
      goal: area.isLowGood.map {
        $0 ? (arrow: "↓", word: "low") : (arrow: "↑", word: "high")
      })
  }

  private static func row(_ area: PageSpread.Area, in experiment: String) -> SpreadRow {
    SpreadRow(
      key: "\(experiment)/\(area.metric)/\(area.map.slug)/spread", metric: area.metric,
      title: area.map.title(namesAttribution: false), mean: Text.number(area.spread.mean),
      deviation: Text.number(area.spread.deviation), paper: Text.optional(area.paper),
      distance: area.paper.map { Text.deviations(area.spread.distance(of: $0)) } ?? "–",
      kind: area.place?.kind ?? "quiet", place: area.place?.rawValue ?? "not known")
  }

  /// The curves in words: where each begins and where it ends.
  private static func description(
    _ title: String, _ heading: String, _ score: String, _ curves: [PageCurve]
  ) -> String {
    guard let first = curves.first?.values.first, let last = curves.first?.fractions.last else { return title }
    let ends = curves.compactMap { curve in
      curve.values.last.map { "\(curve.map.title(namesAttribution: false)) \(String(format: "%.2f", $0))" }
    }
    return String(
      format: "%@ of %@: the %@ falls from %.2f with no pixel deleted to, at %.0f%%: ", title, heading, score, first,
      100 * last)
      + ends.joined(separator: ", ")
  }
}
