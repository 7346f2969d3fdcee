import Foundation
import Rasters
import Saliency
import TestSupport
import Testing

@testable import Experiments

@Suite struct ClassificationReportFigureTests {
  private func figure(_ confusion: [[Int]], names: [String]? = nil) -> MatrixFigure {
    let labels = names.map { LabelSet($0) } ?? LabelSet(unnamed: confusion.count)
    return ClassificationReport(labels: labels, confusion: confusion).matrix(model: "a model", dataset: "a data set")
  }

  /// Images of the first two of many classes, of which `predicted` others got the given number of predictions.
  private func manyClasses(_ count: Int, predicted: [Int: Int]) -> MatrixFigure {
    var confusion = Array(repeating: Array(repeating: 0, count: count), count: count)
    (confusion[0][0], confusion[1][0], confusion[1][1]) = (50, 3, 40)
    for (column, number) in predicted { confusion[column % 2][column] = number }
    return figure(confusion)
  }

  /// Without the marks around names.
  private func plain(_ text: String) -> String { text.filter { !"\u{2068}\u{2069}".contains($0) } }

  @Test("rows are shares of the true class, texts are numbers of images")
  func cells() {
    let figure = figure([[6, 2, 0], [0, 5, 0], [1, 2, 1]], names: ["cat", "dog", "frog"])
    #expect(figure.rows.names == ["cat", "dog", "frog"] && figure.columns.names == figure.rows.names)
    #expect(figure.values == Raster(height: 3, width: 3, values: [0.75, 0.25, 0, 0, 1, 0, 0.25, 0.5, 0.25]))
    #expect(figure.texts == ["6", "2", "", "", "5", "", "1", "2", "1"])
    #expect(figure.notes == [])
  }

  @Test("title and subtitle tell model, data set, accuracy and number of images")
  func titles() {
    let figure = figure([[6, 2], [1, 3]])
    #expect(plain(figure.title) == "a model on a data set")
    #expect(figure.subtitle == "accuracy 0.7500 · 12 images")
    #expect(self.figure([[1, 0], [0, 0]]).subtitle == "accuracy 1.0000 · 1 image")
    #expect((figure.rows.title, figure.columns.title) == ("true class", "predicted class"))
  }

  @Test("a name from right to left does not turn the title around")
  func rightToLeft() {
    let report = ClassificationReport(labels: LabelSet(["a"]), confusion: [[1]])
    #expect(report.matrix(model: "نموذج", dataset: "صور").title == "\u{2068}نموذج\u{2069} on \u{2068}صور\u{2069}")
  }

  @Test("only classes with images have rows; the others that were predicted follow, the most frequent first")
  func rows() {
    let figure = figure([[0, 0, 0, 0], [1, 4, 2, 0], [0, 0, 0, 0], [3, 0, 3, 4]], names: ["a", "b", "c", "d"])
    #expect(figure.rows.names == ["b", "d"])
    #expect(figure.columns.names == ["b", "d", "c", "a"])
    #expect(figure.texts == ["4", "", "2", "1", "", "4", "3", "3"])
    #expect(figure.notes == ["The last 2 columns are classes that have no images here."])
    #expect(manyClasses(9, predicted: [7: 1]).notes == ["The last column is a class that has no images here."])
  }

  @Test("eleven others have columns of their own; of more, ten have and the rest share one")
  func others() {
    let eleven = manyClasses(40, predicted: Dictionary(uniqueKeysWithValues: (20..<31).map { ($0, $0) }))
    #expect(eleven.columns.names == ([0, 1] + (20..<31).reversed()).map { "class \($0)" })
    let twelve = manyClasses(40, predicted: Dictionary(uniqueKeysWithValues: (20..<32).map { ($0, $0) }))
    #expect(twelve.columns.names.dropLast() == ([0, 1] + (22..<32).reversed()).map { "class \($0)" }[...])
    #expect(twelve.columns.names.last == "2 others")
    // Classes 20 and 21, each predicted as often as its index, are taken for images of classes 0 and 1.
    #expect([twelve.texts?[12], twelve.texts?[25]] == ["20", "21"])
    #expect(
      twelve.notes == [
        "The last 11 columns are classes that have no images here: the 10 most often predicted, and the 2 others together."
      ])
  }

  @Test("no image is lost or counted twice", arguments: [3, 12, 60, 200])
  func everyImage(classes: Int) throws {
    var generator = SeededGenerator(seed: UInt64(classes))
    let withImages = Set((0..<6).map { _ in Int.random(in: 0..<classes, using: &generator) })
    let confusion = (0..<classes).map { row in
      (0..<classes).map { _ in
        withImages.contains(row) ? max(0, Int.random(in: -20...10, using: &generator)) : 0
      }
    }
    let figure = figure(confusion)
    let rows = withImages.sorted().filter { confusion[$0].contains { $0 > 0 } }
    #expect(figure.rows.names == rows.map { "class \($0)" })
    let width = figure.columns.names.count
    let texts = try #require(figure.texts)
    #expect(width <= rows.count + 11)
    for (place, row) in rows.enumerated() {
      let cells = place * width..<(place + 1) * width
      let drawn = cells.compactMap { Int(texts[$0]) }.reduce(0, +)
      #expect(drawn == confusion[row].reduce(0, +))
      let share = figure.values.values[cells].reduce(0, +)
      #expect(abs(share - 1) < 1e-5)
      #expect(figure.columns.names[place] == "class \(row)")
    }
  }

  @Test("a report without images is drawn as a page that says so")
  func empty() throws {
    let figure = figure([[0, 0], [0, 0]])
    #expect(figure.subtitle == "no images")
    #expect(figure.rows.names == [] && figure.columns.names == [])
    for format in FigureFormat.allCases { #expect(try figure.encoded(as: format).count > 1000) }
  }

  @Test("the figure of a model with many more classes than the data set is as stored")
  func golden() throws {
    let figure = manyClasses(1000, predicted: Dictionary(uniqueKeysWithValues: (300..<330).map { ($0, 330 - $0) }))
    try expectGolden(figure.encoded(as: .png), named: "confusion-many-classes")
  }
}
