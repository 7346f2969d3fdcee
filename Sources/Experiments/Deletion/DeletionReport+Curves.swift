import Figures
import Foundation

/// The metrics that have a curve for every image: RISE and sensitivity-n.
extension DeletionReport {
  var metrics: [CurveMetric] { settings.setup.curveMetrics ?? [] }

  /// Which direction is good for a map's score. What should hurt when pixels are replaced falls early in deletion, rises early
  /// in insertion, and correlates with the fall of the logit. Nil for controls.
  public static func isLowGood(_ series: DeletionSeries, _ metric: CurveMetric, _ order: DeletionOrder) -> Bool? {
    // Sensitivity-n knows no order.
    let order = metric.kind == .sensitivityN ? .descending : order
    return isLowGood(series, metric.replacement, order).map { $0 == (metric.kind == .riseDeletion) }
  }

  /// The rows of a table of mean scores with their intervals, the header first; nil without such metrics.
  public var scoreTable: [[String]]? {
    guard let widest = metrics.map({ settings.setup.series(of: $0) }).max(by: { $0.count < $1.count }) else {
      return nil
    }
    let order = settings.setup.order
    return [["mean score"] + metrics.flatMap { [$0.kind.rawValue, "95% interval"] }]
      + widest.map { series in
        [series.title]
          + metrics.indices.flatMap { turn -> [String] in
            guard let place = settings.setup.series(of: metrics[turn]).firstIndex(of: series) else { return ["", ""] }
            let score = scores[turn][place]
            let arrow = Self.isLowGood(series, metrics[turn], order).map { $0 ? " ↓" : " ↑" } ?? "  "
            return [
              String(format: "%.4f", score.value) + arrow, String(format: "%.4f…%.4f", score.low, score.high),
            ]
          }
      }
  }

  /// The rows for `curves.csv`.
  ///
  /// - Parameter columns: whether there is a column for correlations.
  func curveRows(withCorrelation: Bool) -> [String] {
    metrics.enumerated().flatMap { turn, metric in
      settings.setup.series(of: metric).enumerated().flatMap { index, series in
        zip(fractions(metric), result.curve(metric: turn, series: index)).map { fraction, value in
          let deleted = metric.kind == .riseInsertion ? 1 - fraction : fraction
          let values =
            metric.kind == .sensitivityN ? ",,,\(value)" : ",,\(value)" + (withCorrelation ? "," : "")
          return "\(metric.kind.rawValue),\(series.columns.attribution),\(series.columns.view),\(fraction),\(deleted),"
            + values
        }
      }
    }
  }

  /// The curves of a metric, without intervals.
  public func figure(of turn: Int) -> CurveFigure {
    let metric = metrics[turn]
    let all = settings.setup.series(of: metric)
    let (xLabel, yLabel): (String, String) =
      switch metric.kind {
      case .riseDeletion: ("fraction of pixels deleted", "probability of the predicted class")
      case .riseInsertion: ("fraction of pixels inserted", "probability of the predicted class")
      case .sensitivityN: ("log₁₀ of the number of pixels n", "correlation")
      }
    let x =
      metric.kind == .sensitivityN
      ? metric.counts(of: settings.setup.pixels).map { log10(Double($0)) } : fractions(metric)
    let name =
      metric.kind == .sensitivityN ? "Sensitivity-n" : metric.kind == .riseDeletion ? "RISE deletion" : "RISE insertion"
    let substrate = metric.replacement == .blur ? "blurred image" : "black"
    let note =
      switch metric.kind {
      case .riseDeletion: "Deleted pixels are taken from: \(substrate). Pixels of equal saliency are in a random order."
      case .riseInsertion: "Begins with: \(substrate). Pixels of equal saliency are in a random order."
      case .sensitivityN:
        "Between the sum of a map over \(metric.samples ?? 0) random sets of n pixels and the fall of the logit when they "
          + "turn black; mean over the images."
      }
    return CurveFigure(
      title: "\(name): \(settings.model)",
      subtitle: "\(settings.dataset) · \(settings.setup.images) images",
      plots: Self.plots(
        of: all, title: "", xLabel: xLabel, yLabel: yLabel,
        yRange: metric.kind == .sensitivityN ? correlationRange(turn) : 0...1
      ) { one in
        guard let index = all.firstIndex(of: one) else { return [] }
        return zip(x, result.curve(metric: turn, series: index)).map { .init(x: $0, y: $1) }
      },
      notes: [note])
  }

  /// Round numbers around all curves of a metric, so that its plots can be compared.
  private func correlationRange(_ turn: Int) -> ClosedRange<Double> {
    let places = settings.setup.series(of: metrics[turn]).indices
    let values: [Double] = places.flatMap { (place: Int) -> [Double] in result.curve(metric: turn, series: place) }
    let low: Double = ((values.min() ?? 0) * 5).rounded(.down) / 5
    let high: Double = ((values.max() ?? 0) * 5).rounded(.up) / 5
    return min(low, 0)...max(high, 0.2)
  }

  /// The shares of the pixels at the points of a metric.
  private func fractions(_ metric: CurveMetric) -> [Double] {
    if let steps = metric.steps { return (0...steps).map { Double($0) / Double(steps) } }
    return metric.counts(of: settings.setup.pixels).map { Double($0) / Double(settings.setup.pixels) }
  }
}
