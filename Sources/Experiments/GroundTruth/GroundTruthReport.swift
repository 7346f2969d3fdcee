import Figures
import Foundation
import Maps
import Rasters
import Tensors

/// What scoring maps against known pixels found, as a table, files and figures.
public struct GroundTruthReport: ExperimentReport {
  public let settings: GroundTruthRun.Options
  /// The network's share of correct answers on the images, 0…1.
  public let accuracy: Double
  let attributionSettings: [String: [String: String]]
  package let rows: [GroundTruthBenchmark.Row]
  let images: ShapeImages
  let examples: [Example]

  /// An image with its maps: the views of the first attribution that has a sign, and the signed view of all those.
  struct Example: Sendable {
    let image: Int
    let views: [SaliencyMap]
    let signed: [SaliencyMap]
  }

  /// The first image of every shape, bright and dark in turns.
  @TorchActor static func examples(
    _ images: ShapeImages, _ classifier: any Classifier, _ attributions: [any Attribution], _ views: [any View],
    memory: Int
  ) throws -> [Example] {
    let chosen = Shape.allCases.indices.map { 2 * $0 + $0 % 2 }.filter { $0 < images.count }
    let signed = attributions.filter { $0.sign != nil }
    func maps(_ attributions: [any Attribution], _ views: [any View]) throws -> [[SaliencyMap]] {
      guard !attributions.isEmpty else { return chosen.map { _ in [] } }
      return try Explainer(classifier, attributions: attributions, views: views, memory: memory)
        .explain(images.images(chosen), classes: chosen.map { Int(images.labels[$0]) }, indices: chosen).map(\.maps)
    }
    let (own, all) = (try maps(Array(signed.prefix(1)), views), try maps(signed, [Signed()]))
    return chosen.indices.map { Example(image: chosen[$0], views: own[$0], signed: all[$0]) }
  }

  /// A row for every map, the header first: means over the images; intervals hold 95%.
  public var table: Table {
    func number(_ value: Double) -> String { String(format: "%.3f", value) }
    return Table(
      [["attribution", "view", "images", "precision", "95% interval", "chance", "wrong sign", "AP", "recall"]]
        + rows.filter { !$0.scores.isEmpty }.map { row in
          let precision = Estimate.mean(row.scores.map(\.precision))
          return [
            row.map.attribution, row.map.view, "\(row.scores.count)", number(precision.value),
            "\(number(precision.low))…\(number(precision.high))", number(row.mean(\.chance)),
            row.wrongSign.map(number) ?? "–", number(row.mean(\.averagePrecision)), number(row.mean(\.shownRecall)),
          ]
        })
  }

  /// The table, `scores.csv`, and the figures `views` and `attributions`.
  public var findings: Findings {
    Findings(
      "\(settings.architecture.title) on generated shapes: \(settings.images) images, accuracy \(Text.number(accuracy))",
      [
        .table(table), .numbers("scores.csv", Table(csv)), .figure("views", viewsFigure),
        .figure("attributions", attributionsFigure),
      ],
      summary: Summary(
        accuracy: accuracy, settings: settings, attributions: attributionSettings, maps: rows.compactMap(\.line)))
  }

  private struct Summary: Encodable, Sendable {
    let accuracy: Double
    let settings: GroundTruthRun.Options
    /// The attributions' options by name.
    let attributions: [String: [String: String]]
    let maps: [Line]
  }

  struct Line: Encodable, Sendable {
    let map, view: String
    let images: Int
    let chance: Double
    let precision, averagePrecision: Estimate
    let wrongSign: Double?
    let shownPrecision, shownRecall: Double
  }

  private var csv: [[String]] {
    let header = [
      "map", "view", "images", "chance", "precision", "precision_low", "precision_high", "average_precision",
      "average_precision_low", "average_precision_high", "wrong_sign", "shown_precision", "shown_recall",
    ]
    return [header]
      + rows.compactMap(\.line).map { line in
        [line.map, line.view, "\(line.images)", "\(line.chance)"]
          + [line.precision, line.averagePrecision].flatMap(\.columns)
          + [line.wrongSign.map { "\($0)" } ?? "", "\(line.shownPrecision)", "\(line.shownRecall)"]
      }
  }
}

extension GroundTruthBenchmark.Row {
  func mean(_ value: (PixelScore) -> Double) -> Double {
    scores.reduce(0) { $0 + value($1) } / Double(max(1, scores.count))
  }

  var wrongSign: Double? {
    scores.contains { $0.wrongSign == nil } ? nil : mean { $0.wrongSign ?? 0 }
  }

  fileprivate var line: GroundTruthReport.Line? {
    guard !scores.isEmpty else { return nil }
    return GroundTruthReport.Line(
      map: map.attribution, view: map.view, images: scores.count, chance: mean(\.chance),
      precision: .mean(scores.map(\.precision)), averagePrecision: .mean(scores.map(\.averagePrecision)),
      wrongSign: wrongSign, shownPrecision: mean(\.shownPrecision), shownRecall: mean(\.shownRecall))
  }
}
