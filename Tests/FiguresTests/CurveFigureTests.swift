import Foundation
import TestSupport
import Testing

@testable import Figures

@Suite struct CurveFigureTests {
  private let names = ["original", "positive", "negative", "active", "inactive", "random", "seventh", "eighth"]

  private func plot(_ title: String) -> CurveFigure.Plot {
    let series = names.enumerated().map { index, name in
      let points = (0..<10).map { step in
        let (x, y) = (Double(step) / 10, 0.6 / (1 + Double(step * (index + 1)) / 20))
        return CurveFigure.Point(x: x, y: y, interval: index < 3 ? (y - 0.02, y + 0.02) : nil)
      }
      return CurveFigure.Series(name: name, points: points)
    }
    return CurveFigure.Plot(title: title, xLabel: "Fraction of pixels deleted", yLabel: "Accuracy", series: series)
  }

  private var figure: CurveFigure {
    CurveFigure(
      title: "Deletion", subtitle: "Basic CNN", plots: [plot("Black"), plot("White")], notes: ["Bands: 95% intervals."])
  }

  @Test("the picture is as stored")
  func golden() throws { try expectGolden(figure.encoded(as: .png), named: "curves") }

  @Test("the same figure gives the same bytes", arguments: FigureFormat.allCases)
  func deterministic(format: FigureFormat) throws {
    #expect(try figure.encoded(as: format) == figure.encoded(as: format))
  }

  @Test("an SVG is well-formed")
  func svg() throws { #expect(SVGReader(data: try figure.encoded(as: .svg)).isWellFormed) }

  @Test("a curve goes where its numbers say")
  func place() throws {
    // A level line at half of a fixed range crosses the middle of the plot, whose lower edge is the horizontal axis.
    let points = [CurveFigure.Point(x: 0, y: 5), CurveFigure.Point(x: 1, y: 5)]
    let plot = CurveFigure.Plot(xLabel: "", yLabel: "", series: [.init(name: "a", points: points)], yRange: 0...10)
    let page = try PNGPixels(CurveFigure(plots: [plot]).encoded(as: .png))
    let colour = CurveStyle(index: 0).colour
    // Between two ticks, so that no label stands below.
    let column = page.width * 11 / 20
    let line = (0..<page.height).filter { page[column, $0] == colour }
    let axis = try #require((0..<page.height).last { page[column, $0] != .white && page[column, $0] != .grid })
    // The plot is 150 points high, at 8/3 pixels a point; half of it is 200 pixels.
    let middle = try #require(line.isEmpty ? nil : Double(line.reduce(0, +)) / Double(line.count))
    #expect(abs(Double(axis) - middle - 200) <= 1.5)
  }

  @Test("a map looks the same whatever is drawn beside it, in every plot and in the legend")
  func styles() throws {
    func series(_ view: String, _ attribution: String = "gradient") -> CurveFigure.Series {
      .init(name: view, style: .map(attribution, view), points: [.init(x: 0, y: 0), .init(x: 1, y: 1)])
    }
    func colours(_ plots: [[CurveFigure.Series]]) throws -> Set<Colour> {
      let figure = CurveFigure(plots: plots.map { .init(xLabel: "", yLabel: "", series: $0) })
      let page = try PNGPixels(figure.encoded(as: .png))
      let places = (0..<page.height).flatMap { y in (0..<page.width).map { (x: $0, y: y) } }
      return Set(places.map { page[$0.x, $0.y] }).intersection(CurveStyle.palette.dropFirst().map(\.light))
    }
    let (active, inactive) = (
      CurveStyle.map("gradient", "active").colour, CurveStyle.map("gradient", "inactive").colour
    )
    #expect(try colours([[series("active")]]) == [active])
    #expect(try colours([[series("inactive"), series("active")]]) == [active, inactive])
    #expect(try colours([[series("inactive")], [series("active", "smoothgrad")]]) == [active, inactive])
  }

  @Test("gaps, single points, empty plots and numbers that are not finite are drawn")
  func degenerate() throws {
    let points = [(0, 1), (1, .nan), (.infinity, 2), (3, 1e308), (4, 2), (5, 3)] as [(Double, Double)]
    let plots = [
      CurveFigure.Plot(xLabel: "x", yLabel: "y", series: []),
      .init(xLabel: "x", yLabel: "y", series: [.init(name: "none", points: [])]),
      .init(xLabel: "x", yLabel: "y", series: [.init(name: "one", points: [.init(x: 1, y: 1, interval: (.nan, 2))])]),
      .init(
        xLabel: "قط", yLabel: String(repeating: "long ", count: 50),
        series: [.init(name: String(repeating: "W", count: 300), points: points.map { .init(x: $0, y: $1) })]),
    ]
    for format in FigureFormat.allCases {
      #expect(try CurveFigure(plots: plots).encoded(as: format).count > 1000)
      #expect(try CurveFigure(plots: []).encoded(as: format).count > 100)
    }
  }
}
