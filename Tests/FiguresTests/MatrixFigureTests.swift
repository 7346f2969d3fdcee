import Foundation
import Rasters
import TestSupport
import Testing

@testable import Figures

@Suite(.slow) struct MatrixFigureTests {
  /// A matrix with most on its diagonal and a number in about every tenth cell beside it.
  private func figure(rows: Int, columns: Int, names: [String] = ["cat", "dog", "tree frog"]) -> MatrixFigure {
    let counts = (0..<rows * columns).map { index in
      let noise = index * 7919 % 1009
      return index / columns == index % columns ? 600 + noise / 8 : noise < 100 ? noise + 1 : 0
    }
    func named(_ count: Int) -> [String] {
      (0..<count).map { names[$0 % names.count] + ($0 < names.count ? "" : " \($0)") }
    }
    return MatrixFigure(
      title: "basic-cnn on a data set", subtitle: "accuracy 0.9012 · 10000 images",
      rows: .init(title: "true class", names: named(rows)),
      columns: .init(title: "predicted class", names: named(columns)),
      values: Raster(height: rows, width: columns, values: counts.map { Float($0) / 1000 }),
      texts: counts.map { $0 == 0 ? "" : "\($0)" }, caption: "share of the true class’s images", notes: ["A note."])
  }

  private let longNames = [
    "قط منزلي", "cat", "<b>&amp;</b>", "Staffordshire bullterrier, Staffordshire bull terrier", "", "Ankle boot",
    String(repeating: "W", count: 80),
  ]

  @Test("the picture is as stored: texts, long names, more columns than rows")
  func goldenTexts() throws {
    try expectGolden(figure(rows: 7, columns: 12, names: longNames).encoded(as: .png), named: "matrix-texts")
  }

  @Test("the picture is as stored: more rows than can be named")
  func goldenThinned() throws {
    try expectGolden(figure(rows: 150, columns: 150).encoded(as: .png), named: "matrix-thinned")
  }

  @Test("the same figure gives the same bytes", arguments: FigureFormat.allCases)
  func deterministic(format: FigureFormat) throws {
    let figure = figure(rows: 10, columns: 10)
    #expect(try figure.encoded(as: format) == figure.encoded(as: format))
  }

  @Test("an SVG is well-formed and holds the matrix as one picture with hard pixels", arguments: [2, 10, 100, 1000])
  func svg(count: Int) throws {
    let reader = SVGReader(data: try figure(rows: count, columns: count).encoded(as: .svg))
    #expect(reader.isWellFormed)
    #expect(reader.images.map(\.["width"]) == ["\(count)"])
    #expect(reader.images.map(\.["style"]) == ["image-rendering:optimizeSpeed;image-rendering:pixelated"])
  }

  @Test("every cell has the colour of its value", arguments: [(1, 1), (2, 3), (40, 40), (109, 90), (700, 20)])
  func cells(rows: Int, columns: Int) throws {
    let usual = figure(rows: rows, columns: columns)
    func unnamed(_ count: Int) -> MatrixFigure.Side { .init(title: "", names: Array(repeating: "", count: count)) }
    var figure = MatrixFigure(rows: unnamed(rows), columns: unnamed(columns), values: usual.values, caption: "")
    figure.values.values[0] = .nan
    let page = try PNGPixels(figure.encoded(as: .png))
    let grid = MatrixGrid(rows: rows, columns: columns)
    let side = Int((grid.cell * grid.pixelsPerPoint).rounded())
    // Without a title nothing of this grey lies above the first cell.
    let top = try #require(
      (0..<page.height).first { y in (0..<page.width).contains { page[$0, y] == .notFinite } })
    let left = try #require((0..<page.width).first { page[$0, top] == .notFinite })
    for row in 0..<rows {
      for column in 0..<columns {
        let value = figure.values[row, column]
        let colour = value.isNaN ? .notFinite : ColourMap.sequential.colour(value.squareRoot())
        let place = (left + column * side + side / 2, top + row * side + side / 2)
        guard page[place.0, place.1] == colour else {
          Issue.record("cell (\(row), \(column)) is \(page[place.0, place.1]), not \(colour)")
          return
        }
      }
    }
  }

  @Test("numbers beyond 0…1 are drawn as its ends, what is not a number is grey")
  func colours() {
    #expect(MatrixFigureLayout.colour(-3) == .white)
    #expect(MatrixFigureLayout.colour(7) == ColourMap.sequential.colour(1))
    #expect(MatrixFigureLayout.colour(0.25) == ColourMap.sequential.colour(0.5))
    for value in [Float.nan, .infinity, -.infinity] { #expect(MatrixFigureLayout.colour(value) == .notFinite) }
  }

  @Test("cells have texts where there is room for the longest", arguments: [(2, 9), (10, 9), (30, 4), (60, 1)])
  func texts(count: Int, longest: Int) throws {
    func bytes(digits: Int?) throws -> Data {
      var figure = figure(rows: count, columns: count)
      figure.texts = digits.map { Array(repeating: String(repeating: "7", count: $0), count: count * count) }
      return try figure.encoded(as: .pdf)
    }
    let without = try bytes(digits: nil)
    #expect(try (bytes(digits: longest) != without) == (count < 50))
    #expect(try bytes(digits: 40) == without)
  }

  @Test("names are all there for a hundred classes; of a thousand, every twentieth")
  func names() throws {
    func bytes(_ count: Int, renaming index: Int) throws -> Data {
      var figure = figure(rows: count, columns: 10)
      figure.rows.names[index] = "x"
      return try figure.encoded(as: .png)
    }
    #expect(try bytes(100, renaming: 3) != bytes(100, renaming: 4))
    #expect(try bytes(1000, renaming: 3) == bytes(1000, renaming: 4))
    #expect(try bytes(1000, renaming: 20) != bytes(1000, renaming: 4))
  }

  @Test(
    "names in any script, of any length, do not break a figure nor let its page grow out of bounds",
    arguments: [
      "قط منزلي", "חתול בית", "家猫（短毛种）", "🐈‍⬛👩🏽‍🚀", "e\u{301}\u{301}\u{301}", "a\u{0}b\nc\td\u{2028}e", "<b>&amp;</b>",
      String(repeating: "W", count: 400), String(repeating: "word ", count: 400), "\u{202E}override", "",
    ])
  func anyNames(name: String) throws {
    for count in [2, 12, 45, 120] {
      var figure = figure(rows: count, columns: count, names: [name])
      (figure.rows.title, figure.columns.title, figure.texts) = (name, name, nil)
      let layout = MatrixFigureLayout(figure)
      // The matrix; names of at most 17 ems of 8 points; titles of at most two lines; margins, header, colour bar.
      let matrix = max(layout.grid.width, 330)
      #expect((matrix...matrix + 220).contains(layout.page.drawing.width))
      #expect((layout.grid.height...layout.grid.height + 320).contains(layout.page.drawing.height))
      if count == 12 { #expect(SVGReader(data: try figure.encoded(as: .svg)).isWellFormed) }
    }
  }

  @Test("odd shapes are drawn", arguments: [(0, 0), (0, 3), (3, 0), (1, 1), (1, 1000), (1000, 1), (3, 5121)])
  func shapes(rows: Int, columns: Int) throws {
    let figure = figure(rows: rows, columns: columns)
    for format in FigureFormat.allCases { #expect(try figure.encoded(as: format).count > 1000) }
  }
}
