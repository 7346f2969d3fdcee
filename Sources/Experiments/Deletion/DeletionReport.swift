import Figures
import Foundation
import Maps
import Pages
import Rasters
import Tensors

/// What a deletion benchmark found, as tables, files and figures.
public struct DeletionReport: Sendable {
  public let settings: DeletionRun.Settings
  public let result: DeletionResult
  /// The areas under the accuracy curves: [replacement][series].
  public let areas: [[DeletionResult.Area]]
  /// The mean scores of the metrics with a curve for every image: [metric][series].
  public let scores: [[DeletionResult.Area]]
  let bootstrap: AreaBootstrap
  private let paper: Paper.Experiment?

  /// - Parameter paper: what the paper measured, to stand beside it; of no account where the protocol is not the paper's.
  public init(_ settings: DeletionRun.Settings, _ result: DeletionResult, paper: Paper.Experiment? = nil) {
    self.settings = settings
    self.result = result
    self.paper = paper
    bootstrap = AreaBootstrap(result, .accuracy)
    areas = bootstrap.areas
    scores = (settings.setup.curveMetrics ?? []).indices.map { result.scores(metric: $0) }
  }

  private var setup: DeletionSetup { settings.setup }

  /// Which direction is good for a map's area. What must get brighter hurts most when it turns black and least when it turns
  /// white; what must get darker the other way round; evidence hurts in either colour, and evidence against helps; without a
  /// sign low is what a good map gives. Nil for controls.
  public static func isLowGood(_ series: DeletionSeries, _ replacement: Replacement, _ order: DeletionOrder) -> Bool? {
    guard series.kind == .map else { return nil }
    let isLow =
      switch (series.sign, series.direction, replacement) {
      case (.evidence, let direction, _): direction != .darker
      case (_, .brighter, .white), (_, .darker, .black): false
      default: true
      }
    return order == .descending ? isLow : !isLow
  }

  /// The paper's area for a map; nil where it has none, or was measured in another way.
  package func paperArea(_ series: DeletionSeries, _ replacement: Replacement) -> Double? {
    guard let paper, series.kind == .map, series.attribution == "gradient", setup.order == .descending,
      setup.fractions == DeletionBenchmark.paperFractions
    else { return nil }
    return Paper.area(of: paper.architecture, on: paper.dataset, replacement, view: series.view)
  }

  /// The rows of a table like the paper's Table 2, the header first: areas with their intervals, an arrow for the direction
  /// that is good, and the paper's area where it has one.
  public var table: [[String]] {
    let compares = setup.replacements.contains { replacement in
      setup.series.contains { paperArea($0, replacement) != nil }
    }
    var rows = [
      ["deleted pixels"]
        + setup.replacements.flatMap { ["\($0.rawValue)", "95% interval"] + (compares ? ["paper"] : []) }
    ]
    for (index, series) in setup.series.enumerated() {
      var row = [series.title]
      for (turn, replacement) in setup.replacements.enumerated() {
        let area = areas[turn][index]
        let arrow = Self.isLowGood(series, replacement, setup.order).map { $0 ? " ↓" : " ↑" } ?? "  "
        row.append(String(format: "%.4f", area.value) + arrow)
        row.append(String(format: "%.4f…%.4f", area.low, area.high))
        if compares {
          row.append(paperArea(series, replacement).map { String(format: "%.4f", $0) } ?? "")
        }
      }
      rows.append(row)
    }
    return rows
  }

  /// Writes `curves.csv`, `predictions.npy` (if pixels were replaced in the paper's manner), for each metric with a curve for every
  /// image these curves, such as `rise-deletion.npy`, the figures and, last, `summary.json`.
  ///
  /// - Parameters:
  ///   - folder: the run's.
  ///   - seconds: how long the computing took, for the summary; nil if it was not done at one go.
  ///   - phases: what that time went to.
  ///   - threads: with how many processor threads.
  /// - Returns: the names of the files.
  /// - Throws: `FileError` and ``FiguresError``.
  @discardableResult public func write(
    to folder: RunFolder, seconds: Double? = nil, phases: DeletionClock.Phases? = nil, threads: Int? = nil
  ) throws -> [String] {
    var files = [(name: "curves.csv", data: Data(curves.utf8))]
    if !setup.replacements.isEmpty {
      let shape = [setup.images, setup.replacements.count, setup.series.count, setup.fractions.count]
      files.append(("predictions.npy", NumPyFile.encoded(result.predicted, shape: shape)))
    }
    for (turn, metric) in metrics.enumerated() {
      let shape = [setup.images, setup.series(of: metric).count, metric.counts(of: setup.pixels).count]
      files.append(("\(metric.kind.rawValue).npy", NumPyFile.encoded(result.curves[turn], shape: shape)))
    }
    let figures =
      setup.replacements.indices.map { ("\(setup.replacements[$0].rawValue)-deletion", figure($0)) }
      + metrics.indices.map { (metrics[$0].kind.rawValue, figure(of: $0)) }
    for (name, figure) in figures { files += try AnyFigure.curves(figure).files(name) }
    return try folder.finish(files, summary: summary(seconds, phases, threads))
  }

  /// A row for every replacement, series and fraction, and for every point of the metrics with a curve for every image.
  var curves: String {
    let withCorrelation = metrics.contains { $0.kind == .sensitivityN }
    var lines = [
      "metric,attribution,view,fraction,deleted,accuracy,allegiance,probability"
        + (withCorrelation ? ",correlation" : "")
    ]
    for (turn, replacement) in setup.replacements.enumerated() {
      for (index, series) in setup.series.enumerated() {
        let columns =
          [result.deletedShare(series: index)]
          + DeletionResult.Score.allCases.map { result.curve($0, replacement: turn, series: index) }
        for (place, fraction) in setup.fractions.enumerated() {
          let numbers = ([fraction] + columns.map { $0[place] }).map { String($0) }.joined(separator: ",")
          lines.append(
            "\(replacement.rawValue),\(series.columns.attribution),\(series.columns.view),\(numbers)\(withCorrelation ? "," : "")"
          )
        }
      }
    }
    lines += curveRows(withCorrelation: withCorrelation)
    return lines.joined(separator: "\n") + "\n"
  }

  private struct Summary: Encodable {
    struct Row: Encodable {
      let metric, attribution, view: String
      /// The areas by score.
      var auc: [String: DeletionResult.Area]?
      /// The means over a curve's points by score, where no area is taken.
      var mean: [String: DeletionResult.Area]?
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
  }

  private func summary(_ seconds: Double?, _ phases: DeletionClock.Phases?, _ threads: Int?) -> Summary {
    let byScore = DeletionResult.Score.allCases.map { ($0.rawValue, $0 == .accuracy ? areas : result.areas($0)) }
    let rows = setup.replacements.enumerated().flatMap { turn, replacement in
      setup.series.enumerated().map { index, series in
        Summary.Row(
          metric: replacement.rawValue, attribution: series.columns.attribution, view: series.columns.view,
          auc: Dictionary(uniqueKeysWithValues: byScore.map { ($0, $1[turn][index]) }))
      }
    }
    let means = metrics.enumerated().flatMap { turn, metric in
      setup.series(of: metric).enumerated().map { index, series in
        let score = [metric.quantity: scores[turn][index]]
        let isArea = metric.steps != nil
        return Summary.Row(
          metric: metric.kind.rawValue, attribution: series.columns.attribution, view: series.columns.view,
          auc: isArea ? score : nil, mean: isArea ? nil : score)
      }
    }
    return Summary(
      accuracy: result.accuracy, areas: rows + means, claims: claims, settings: settings, threads: threads,
      seconds: seconds, phases: phases)
  }

  /// The curves of one replacement in the manner of the paper's Figures 3 and 4: the maps and random pixels, and beside them
  /// as many random pixels as each map deletes.
  public func figure(_ turn: Int) -> CurveFigure {
    let colour = setup.replacements[turn].rawValue
    func plots(_ series: [DeletionSeries], title: String) -> [CurveFigure.Plot] {
      Self.plots(of: series, title: title, xLabel: "fraction of pixels deleted", yLabel: "accuracy", yRange: 0...1) {
        one in
        guard let index = setup.series.firstIndex(of: one) else { return [] }
        return zip(setup.fractions, result.curve(.accuracy, replacement: turn, series: index)).map {
          .init(x: $0, y: $1)
        }
      }
    }
    var all = plots(setup.series.filter { $0.kind != .randomAsMany }, title: "Pixels in the maps’ order")
    let controls = setup.series.filter { $0.kind == .randomAsMany }
    // With several attributions they would hide what the figure is for.
    if !controls.isEmpty, all.count == 1 { all += plots(controls, title: "As many random pixels") }
    return CurveFigure(
      title: "\(colour.capitalized)-deletion: \(settings.model)",
      subtitle: "\(settings.dataset) · \(setup.images) images · accuracy \(String(format: "%.4f", result.accuracy))",
      plots: all,
      notes: [
        "A map never deletes pixels whose saliency is zero: from the fraction where it has run out of pixels its curve is flat."
      ])
  }

  /// A plot for each attribution, with the curves of its views and of random pixels.
  ///
  /// - Parameter title: of the plot where there is one attribution only; else they have the attributions' names.
  static func plots(
    of series: [DeletionSeries], title: String, xLabel: String, yLabel: String, yRange: ClosedRange<Double>?,
    points: (DeletionSeries) -> [CurveFigure.Point]
  ) -> [CurveFigure.Plot] {
    let attributions = series.filter { $0.kind != .random }.map(\.attribution).unique
    return attributions.map { attribution in
      CurveFigure.Plot(
        title: attributions.count > 1 ? attribution : title, xLabel: xLabel, yLabel: yLabel,
        series: series.filter { $0.kind == .random || $0.attribution == attribution }.map {
          CurveFigure.Series(name: $0.kind == .random ? "random" : $0.view, style: $0.style, points: points($0))
        }, yRange: yRange)
    }
  }
}

extension DeletionSeries {
  /// For people.
  public var title: String {
    switch kind {
    case .map: "\(attribution) \(view)"
    case .random: "random"
    case .randomAsMany: "random, as many as \(attribution) \(view)"
    }
  }

  /// As many random pixels look as the map that they are a control of: they stand in a plot of their own.
  var style: CurveStyle { kind == .random ? .control() : .map(attribution, view) }

  /// What stands in the columns of tables.
  var columns: (attribution: String, view: String) {
    switch kind {
    case .map: (attribution, view)
    case .random: ("random", "all")
    case .randomAsMany: ("random", "\(attribution)-\(view)")
    }
  }
}

extension AnyFigure {
  /// The figure in all formats, as files to be written.
  func files(_ name: String) throws -> [(name: String, data: Data)] {
    try FigureFormat.allCases.map { ("\(name).\($0.rawValue)", try encoded(as: $0)) }
  }
}
