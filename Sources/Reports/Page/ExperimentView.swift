import Experiments
import Foundation

/// The tables and charts of one experiment.
struct ExperimentView {
  let name: String
  let heading: String
  let tables: [TableView]
  let comparisons: [ComparisonView]
  let hasComparisons: Bool
  let charts: [ChartView]

  struct ComparisonView {
    let key, metric, title, difference, interval, kind, sign, verdict: String
  }

  struct TableView {
    let caption: String
    let hasPaper: Bool
    let areaRows: [AreaRow]
  }

  struct AreaRow {
    let key, title, value, interval, paper, difference: String
    /// What its curve looks like; nil where it has none.
    let look: String?
    let isControl: Bool
    let goal: Goal?
  }

  struct Goal {
    let arrow, meaning: String
  }

  struct ChartView {
    let id, title, description: String
    let lines: [Chart.Line]
    let columns, rows: [Chart.Tick]
    let numbers: [NumberRow]
  }

  struct NumberRow {
    let fraction: String
    let cells: [Cell]
  }

  struct Cell {
    let key, text: String
  }

  init(_ experiment: PageExperiment) {
    name = experiment.name
    heading = experiment.heading
    let namesAttribution = experiment.attributions.count > 1
    tables = experiment.metrics.map { metric in
      let areas = experiment.areas.filter { $0.metric == metric }
      return TableView(
        caption: "\(metric.capitalized)-deletion", hasPaper: areas.contains { $0.paper != nil },
        areaRows: areas.map { Self.row($0, in: experiment.name, namesAttribution) })
    }
    comparisons = experiment.claims.flatMap { claim in
      claim.comparisons.map { comparison in
        ComparisonView(
          key: "\(experiment.name)/\(claim.metric)/\(comparison.smaller.slug)/below/\(comparison.larger.slug)",
          metric: claim.metric, title: comparison.title(namesAttribution: namesAttribution),
          difference: Text.signed(comparison.difference.value), interval: Text.signedInterval(comparison.difference),
          kind: comparison.verdict.kind, sign: comparison.verdict.sign,
          verdict: comparison.verdict.rawValue + (comparison.isNeeded ? "" : ", too close in the paper"))
      }
    }
    hasComparisons = !comparisons.isEmpty
    charts = experiment.chartCurves.map { id, metric, attribution, curves in
      let title = "\(metric.capitalized)-deletion" + (namesAttribution ? ", \(attribution)" : "")
      let chart = Chart(
        id: id, title: title, description: Self.description(title, experiment.heading, curves), curves: curves)
      let numbers = curves[0].fractions.indices.map { index in
        NumberRow(
          fraction: String(format: "%g%%", 100 * curves[0].fractions[index]),
          cells: curves.map { curve in
            Cell(
              key: "\(experiment.name)/\(metric)/\(curve.map.slug)/accuracy/\(curve.fractions[index])",
              text: Text.number(curve.accuracy[index]))
          })
      }
      return ChartView(
        id: id, title: title, description: chart.description, lines: chart.lines, columns: chart.columns,
        rows: chart.rows, numbers: numbers)
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
        $0 ? Goal(arrow: "↓", meaning: "should be low") : Goal(arrow: "↑", meaning: "should be high")
      })
  }

  /// The curves in words: where each begins and where it ends.
  private static func description(_ title: String, _ heading: String, _ curves: [PageCurve]) -> String {
    guard let first = curves.first?.accuracy.first, let last = curves.first?.fractions.last else { return title }
    let ends = curves.compactMap { curve in
      curve.accuracy.last.map { "\(curve.map.title(namesAttribution: false)) \(String(format: "%.2f", $0))" }
    }
    return String(
      format: "%@ of %@: the accuracy falls from %.2f with no pixel deleted to, at %.0f%%: ", title, heading, first,
      100 * last)
      + ends.joined(separator: ", ")
  }
}
