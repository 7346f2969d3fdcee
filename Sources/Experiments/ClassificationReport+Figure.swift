import Figures
import Foundation
import Rasters

extension ClassificationReport {
  /// How many classes without images have a column of their own.
  private static let mostOthers = 10

  /// Which classes the classifier takes for which: the confusion matrix.
  ///
  /// A row per class that has images, and a column for each of these classes in the same order, so that what is right lies on
  /// the diagonal. The other classes that some image is taken for follow, the most frequent first; more than ten of them end in
  /// one column for all the rest, so that a model with a thousand classes can be drawn on a data set with ten.
  /// A cell's colour is the share of its row's images, its text their number; cells without images are empty.
  ///
  /// - Parameters: the names of the model and of the data set, for the title.
  public func figure(model: String, dataset: String) -> some Figure { matrix(model: model, dataset: dataset) }

  func matrix(model: String, dataset: String) -> MatrixFigure {
    let rows = confusion.indices.filter { confusion[$0].contains { $0 > 0 } }
    let (others, folded) = others(besides: rows)
    let counts = rows.map { row in
      let line = confusion[row]
      return (rows + others).map { line[$0] } + (folded.isEmpty ? [] : [folded.map { line[$0] }.reduce(0, +)])
    }
    let names = (rows + others).map { labels[$0] } + (folded.isEmpty ? [] : ["\(folded.count) others"])
    return MatrixFigure(
      title: "\(model.isolated) on \(dataset.isolated)", subtitle: subtitle,
      rows: .init(title: "true class", names: rows.map { labels[$0] }),
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
  private func others(besides rows: [Int]) -> (own: ArraySlice<Int>, folded: ArraySlice<Int>) {
    var totals = Array(repeating: 0, count: labels.count)
    for row in rows {
      for (column, count) in confusion[row].enumerated() { totals[column] += count }
    }
    for row in rows { totals[row] = 0 }
    let ranked = totals.indices.filter { totals[$0] > 0 }.sorted { (totals[$1], $0) < (totals[$0], $1) }
    // A column for a single class may as well bear its name.
    let own = ranked.count == Self.mostOthers + 1 ? ranked.count : min(ranked.count, Self.mostOthers)
    return (ranked[..<own], ranked[own...])
  }

  private var subtitle: String {
    count == 0 ? "no images" : "accuracy \(Text.number(accuracy)) · \(count == 1 ? "1 image" : "\(count) images")"
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
