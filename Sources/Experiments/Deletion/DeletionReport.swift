import Figures
import Foundation
import Maps
import Tensors

/// What a deletion benchmark found.
public struct DeletionReport: ExperimentReport {
  public let settings: DeletionRun.Settings
  public let result: DeletionResult
  /// The areas under the curves, or the mean scores: [metric][series], the series as ``Metric/series(in:)`` has them.
  public let scores: [[Estimate]]
  /// How it was measured; nil where that is not known.
  package var timing: Timing?
  let bootstraps: [Bootstrap]
  private let paper: Paper.Experiment?
  /// What metrics that keep classes score.
  private let score: DeletionResult.Score

  /// How long it took, if it was done at one go.
  package struct Timing: Sendable {
    package let seconds: Double?
    package let phases: DeletionClock.Phases?
    /// With how many processor threads.
    package let threads: Int
  }

  /// - Parameter paper: what the paper measured, to stand beside it, and whose score counts: the accuracy without one. Of no account
  ///   where the fractions are not the paper's.
  public init(_ settings: DeletionRun.Settings, _ result: DeletionResult, paper: Paper.Experiment? = nil) {
    self.settings = settings
    self.result = result
    self.paper = paper
    let score = paper?.version.score ?? .accuracy
    self.score = score
    let bootstraps = result.metrics.indices.map {
      result.bootstrap(result.metrics[$0].keepsClasses ? score : nil, metric: $0)
    }
    self.bootstraps = bootstraps
    scores = result.metrics.indices.map { metric in
      result.shape(metric).series.indices.map { bootstraps[metric][$0] }
    }
  }

  var setup: DeletionSetup { settings.setup }

  /// The metrics that count right answers, and the others: their places.
  var accuracies: [Int] { result.metrics.indices.filter { result.metrics[$0].keepsClasses } }
  private var others: [Int] { result.metrics.indices.filter { !result.metrics[$0].keepsClasses } }

  /// Which direction is good for a map's score: low, or high; nil for controls.
  package func isLowGood(_ series: MapName, metric: Int) -> Bool? { setup.isLowGood(series, result.metrics[metric]) }

  /// The paper's area for a map; nil where it has none, or was measured in another way.
  package func paperArea(_ series: MapName, metric: Int) -> Double? {
    guard let paper, let accuracy = result.metrics[metric] as? Accuracy, !series.isControl,
      series.attribution == MapName(Gradient(), Original()).attribution, setup.order == .descending,
      setup.fractions == paper.version.fractions
    else { return nil }
    return paper.area(accuracy.replacement, view: series.view)
  }

  /// What a metric scores, and its name.
  package func score(_ metric: Int) -> (score: DeletionResult.Score, name: String) {
    let all = result.scores(of: metric)
    return all.first { $0.score == score } ?? all[0]
  }

  /// The mean curve of a metric's series, by ``score(_:)``.
  package func curve(metric: Int, series: Int) -> [Double] {
    result.curve(score(metric).score, metric: metric, series: series)
  }

  /// A table like the paper's Table 2: areas with their intervals, an arrow for the direction that is good, and the paper's area
  /// where it has one; nil without such metrics.
  public var table: Table? {
    table(
      "deleted pixels", accuracies,
      "Area under the \(accuracies.first.map { score($0).name } ?? "") curve; ↓ should be low, ↑ should be high")
  }

  /// The mean scores by the other metrics; nil without such metrics.
  public var scoreTable: Table? {
    let meanings = others.map { place in
      let metric = result.metrics[place]
      return "\(metric.title): "
        + (metric.summary == .area ? "area under the \(metric.quantity) curve" : "mean \(metric.quantity)")
    }
    return table("mean score", others, (meanings + ["↓ should be low, ↑ high"]).joined(separator: "; "))
  }

  private func table(_ head: String, _ metrics: [Int], _ caption: String) -> Table? {
    let all = metrics.map { result.shape($0).series }
    guard let widest = all.max(by: { $0.count < $1.count }) else { return nil }
    let compares = metrics.contains { metric in widest.contains { paperArea($0, metric: metric) != nil } }
    var lines = [[head]]
    for metric in metrics { lines[0] += [result.metrics[metric].name, "95% interval"] + (compares ? ["paper"] : []) }
    for series in widest {
      lines.append([series.title])
      for (metric, own) in zip(metrics, all) {
        lines[lines.count - 1] += cells(metric, own.firstIndex(of: series), series, compares: compares)
      }
    }
    return Table(caption: caption, lines)
  }

  private func cells(_ metric: Int, _ place: Int?, _ series: MapName, compares: Bool) -> [String] {
    guard let place else { return ["", ""] + (compares ? [""] : []) }
    let score = scores[metric][place]
    let arrow = isLowGood(series, metric: metric).map { $0 ? " ↓" : " ↑" } ?? "  "
    let paper = paperArea(series, metric: metric).map(Text.number) ?? ""
    return [Text.number(score.value) + arrow, "\(Text.number(score.low))…\(Text.number(score.high))"]
      + (compares ? [paper] : [])
  }

  /// The tables, what is claimed of them, `curves.csv`, `predictions.npy` (of the metrics that keep classes), for each other metric
  /// every image's curves, such as `rise-deletion.npy`, and a figure for every metric.
  public var findings: Findings {
    let seconds = timing?.seconds.map { ", measured in \(Text.clock($0))" } ?? ""
    var items: [Findings.Item] = []
    if let table { items += [.table(table)] + claimLines.map { .sentence($0) } }
    if let check = result.check { items.append(.sentence(check.text + ".")) }
    if let scoreTable { items.append(.table(scoreTable)) }
    if comparesAttributions {
      items += Rival.allCases.map { .table(gains($0)) }
      items += [.numbers("attributions.csv", attributionNumbers), .page("attributions.html", attributionTables)]
    }
    items.append(.numbers("curves.csv", curves))
    if !accuracies.isEmpty { items.append(.array("predictions.npy", predictions)) }
    for metric in others {
      let (series, fractions) = result.shape(metric)
      items.append(
        .array(
          "\(result.metrics[metric].name).npy",
          NumPyFile.encoded(
            result.answers[metric].values, shape: [setup.images, series.count, fractions.count])))
    }
    items += result.metrics.indices.map { .figure(result.metrics[$0].plot.file, figure($0)) }
    return Findings(
      "\(settings.model) on \(settings.dataset): \(setup.images) images, accuracy \(Text.number(result.accuracy))"
        + seconds,
      items, summary: summary)
  }

  /// [image][metric][series][fraction]
  private var predictions: Data {
    let perImage = setup.series.count * setup.fractions.count
    let classes = (0..<result.imageCount).flatMap { image in
      accuracies.flatMap { result.answers[$0].classes[image * perImage..<(image + 1) * perImage] }
    }
    return NumPyFile.encoded(
      classes, shape: [setup.images, accuracies.count, setup.series.count, setup.fractions.count])
  }

  /// A row for every metric, series and point.
  var curves: Table {
    let all = result.metrics.indices.flatMap { result.scores(of: $0).map(\.name) }
    let columns = (["accuracy", "allegiance", "probability"] + all).unique
    var lines = [["metric", "attribution", "view", "fraction", "deleted"] + columns]
    for (metric, chosen) in result.metrics.enumerated() {
      let (series, fractions) = result.shape(metric)
      for (index, map) in series.enumerated() {
        let deleted = result.deletedShare(metric: metric, series: index)
        let curves = Dictionary(
          uniqueKeysWithValues: result.scores(of: metric).map {
            ($0.name, result.curve($0.score, metric: metric, series: index))
          })
        for (point, fraction) in fractions.enumerated() {
          lines.append(
            [chosen.name, map.columns.attribution, map.columns.view, "\(fraction)", "\(deleted[point])"]
              + columns.map { curves[$0].map { "\($0[point])" } ?? "" })
        }
      }
    }
    return Table(lines)
  }

  private struct Summary: Encodable, Sendable {
    struct Row: Encodable {
      let metric, attribution, view: String
      /// The areas by score.
      var auc: [String: Estimate]?
      /// The means over a curve's points by score, where no area is taken.
      var mean: [String: Estimate]?
    }
    let accuracy: Double
    let areas: [Row]
    let claims: [OrderClaim]
    let settings: DeletionRun.Settings
    /// What the axes of predictions.npy stand for.
    let predictionAxes = ["image", "metric", "series", "fraction"]
    let threads: Int?
    let seconds: Double?
    /// What the seconds went to.
    let phases: DeletionClock.Phases?
    /// How answers in bfloat16 were checked, and the upper bound of the share of wrong ones.
    let check: AnswerCheck?
    let checkUpperBound: Double?
  }

  private var summary: Summary {
    let rows = result.metrics.indices.flatMap { metric in
      let chosen = score(metric).name
      let byScore = result.scores(of: metric).map { score, name in
        (name, name == chosen ? scores[metric] : result.scores(score, metric: metric))
      }
      return result.shape(metric).series.enumerated().map { index, series in
        let own = Dictionary(uniqueKeysWithValues: byScore.map { ($0, $1[index]) })
        let isArea = result.metrics[metric].summary == .area
        return Summary.Row(
          metric: result.metrics[metric].name, attribution: series.columns.attribution, view: series.columns.view,
          auc: isArea ? own : nil, mean: isArea ? nil : own)
      }
    }
    return Summary(
      accuracy: result.accuracy, areas: rows, claims: claims, settings: settings, threads: timing?.threads,
      seconds: timing?.seconds, phases: timing?.phases, check: result.check, checkUpperBound: result.check?.upperBound)
  }
}

extension MapName {
  /// What stands in the columns of tables of curves.
  fileprivate var columns: (attribution: String, view: String) {
    switch kind {
    case .map, .sobel: (attribution, view)
    case .random: ("random", "all")
    case .randomAsMany: ("random", "\(attribution)-\(view)")
    }
  }
}
