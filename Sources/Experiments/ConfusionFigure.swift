import Figures
import Foundation
import Rasters

/// Draws which classes a classifier takes for which: the confusion matrix of a ``ClassificationReport``.
///
/// A row per class that has images, and a column for each of these classes in the same order, so that what is right lies on
/// the diagonal. The other classes that some image is taken for follow, the most frequent first; more than ten of them end in
/// one column for all the rest, so that a model with a thousand classes can be drawn on a data set with ten.
public struct ConfusionFigure: Sendable {
  /// The name of the model, for the title.
  public var model: String
  /// The name of the data set, for the title.
  public var dataset: String

  /// How many classes without images have a column of their own.
  private static let mostOthers = 10

  public init(model: String, dataset: String) {
    self.model = model
    self.dataset = dataset
  }

  /// The figure. A cell's colour is the share of its row's images, its text their number; cells without images are empty.
  public func figure(_ report: ClassificationReport) -> some Figure { matrix(report) }

  func matrix(_ report: ClassificationReport) -> MatrixFigure {
    let rows = report.confusion.indices.filter { report.confusion[$0].contains { $0 > 0 } }
    let (others, folded) = Self.others(report, besides: rows)
    let counts = rows.map { row in
      let line = report.confusion[row]
      return (rows + others).map { line[$0] } + (folded.isEmpty ? [] : [folded.map { line[$0] }.reduce(0, +)])
    }
    let names = (rows + others).map { report.labels[$0] } + (folded.isEmpty ? [] : ["\(folded.count) others"])
    return MatrixFigure(
      title: "\(model.isolated) on \(dataset.isolated)", subtitle: Self.subtitle(report),
      rows: .init(title: "true class", names: rows.map { report.labels[$0] }),
      columns: .init(title: "predicted class", names: names),
      values: Raster(
        height: rows.count, width: names.count,
        values: counts.flatMap { line in
          let total = line.reduce(0, +)
          return line.map { Float($0) / Float(total) }
        }),
      texts: counts.joined().map { $0 == 0 ? "" : "\($0)" }, caption: "share of the true class’s images",
      notes: Self.notes(others: others.count, folded: folded.count))
  }

  /// The classes without images that some image is taken for, the most frequent first: those with a column of their own, and
  /// those that share one.
  private static func others(
    _ report: ClassificationReport, besides rows: [Int]
  ) -> (own: ArraySlice<Int>, folded: ArraySlice<Int>) {
    var totals = Array(repeating: 0, count: report.labels.count)
    for row in rows {
      for (column, count) in report.confusion[row].enumerated() { totals[column] += count }
    }
    for row in rows { totals[row] = 0 }
    let ranked = totals.indices.filter { totals[$0] > 0 }.sorted { (totals[$1], $0) < (totals[$0], $1) }
    // A column for a single class may as well bear its name.
    let own = ranked.count == mostOthers + 1 ? ranked.count : min(ranked.count, mostOthers)
    return (ranked[..<own], ranked[own...])
  }

  private static func subtitle(_ report: ClassificationReport) -> String {
    switch report.count {
    case 0: "no images"
    case 1: String(format: "accuracy %.4f · 1 image", report.accuracy)
    default: String(format: "accuracy %.4f · %d images", report.accuracy, report.count)
    }
  }

  private static func notes(others: Int, folded: Int) -> [String] {
    if folded > 0 {
      return [
        "The last \(others + 1) columns are classes that have no images here: the \(others) most often predicted, and the "
          + "\(folded) others together."
      ]
    }
    switch others {
    case 0: return []
    case 1: return ["The last column is a class that has no images here."]
    default: return ["The last \(others) columns are classes that have no images here."]
    }
  }
}
