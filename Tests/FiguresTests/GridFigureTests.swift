import Foundation
import Rasters
import TestSupport
import Testing

@testable import Figures

@Suite struct GridFigureTests {
  private func row(_ name: String, _ side: Int = 16, seed: UInt64) -> GridFigure.Row {
    let map = Examples.map(height: side, width: side, seed: seed)
    let views = [Examples.magnitude(map), map.map { max($0, 0) }, map.map { max(-$0, 0) }, map.map { abs($0 / 2) }]
    return GridFigure.Row(
      name: name, detail: "97.3%",
      panels: [.picture(Examples.picture(height: side, width: side))]
        + views.map { .heat($0, DisplayScale(of: $0, percentile: 99.5)) }
        + [.signed(map, limit: DisplayScale.limit(of: map))])
  }

  private var grid: GridFigure {
    GridFigure(
      title: "A model on made-up images", subtitle: "One image of each class",
      columns: ["Input", "Original", "Positive", "Negative", "Active", "Inactive"],
      rows: [row("aeroplane", seed: 1), row("English springer spaniel", seed: 2), row("قط منزلي", seed: 3)],
      colourBars: [Examples.heatBar], notes: ["No image of the class dog is classified correctly."])
  }

  @Test("the picture is as stored") func golden() throws { try expectGolden(grid.encoded(as: .png), named: "grid") }

  @Test("a lost name or a wrong map is outside the tolerance")
  func goldenNotices() throws {
    let drawn = try PNGPixels(grid.encoded(as: .png))
    var changed = grid
    changed.rows[0].panels.swapAt(0, 1)
    #expect(try PNGPixels(changed.encoded(as: .png)).meanDifference(from: drawn) > goldenTolerance)
    changed = grid
    for row in changed.rows.indices { changed.rows[row].name = "" }
    #expect(try PNGPixels(changed.encoded(as: .png)).meanDifference(from: drawn) > goldenTolerance)
  }

  @Test(
    "the figure is no wider than the text of a page, and ten rows are hardly higher than a page",
    arguments: [28, 32, 224])
  func size(side: Int) {
    var figure = grid
    figure.title = ""
    figure.subtitle = ""
    figure.rows = (0..<10).map { row("class \($0)", side, seed: UInt64($0)) }
    let drawing = figure.layout
    #expect(drawing.width - 32 <= 483)
    // An A4 page has 718 points between its margins; a tenth less still is readable.
    #expect(drawing.height - 32 < 780)
  }

  @Test("every picture of a PNG has whole pixels")
  func wholePixels() {
    let reader = try? SVGReader(data: grid.encoded(as: .svg))
    #expect(reader?.isWellFormed == true && reader?.images.count == 18)
    #expect(grid.layout.pixelsPerPoint > 3)
  }

  @Test(
    "odd grids are drawn",
    arguments: [
      GridFigure(columns: [], rows: []), GridFigure(columns: ["a"], rows: [.init(name: "", panels: [])]),
      GridFigure(
        columns: Array(repeating: "Column", count: 60),
        rows: [
          .init(
            name: String(repeating: "W", count: 300), panels: [.picture(.init(repeating: 1, height: 1, width: 900))])
        ]),
    ])
  func odd(figure: GridFigure) throws {
    for format in FigureFormat.allCases {
      #expect(try figure.encoded(as: format) == figure.encoded(as: format))
    }
  }
}
