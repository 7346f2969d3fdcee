import Foundation
import Rasters
import TestSupport
import Testing

@testable import Figures

@Suite struct MapFigureTests {
  private let twoRows = MapFigure(
    title: "cat · 71.4%", subtitle: "Basic CNN (CIFAR-10) · then: dog 18.0%, frog 4.2%",
    rows: [
      .init(
        label: "gradient",
        panels: Examples.panels(height: 16, width: 16, seed: 1) + [Examples.rivalry(height: 16, width: 16, classes: 9)]),
      .init(
        label: "guided-backpropagation",
        panels: Examples.panels(height: 16, width: 16, seed: 2) + [Examples.rivalry(height: 16, width: 16, classes: 9)]),
    ],
    colourBars: [Examples.heatBar],
    classLegend: ClassLegend(
      names: ["aeroplane", "a class whose name takes forty characters", "cat"],
      caption: "Strongest rival of every pixel; the stronger the colour, the larger the margin."),
    notes: ["Compared with the 20 strongest rivals."])

  private var mixedStyles: MapFigure {
    var map = Examples.map(height: 20, width: 30, seed: 3)
    map[4, 4] = .nan
    let size = Examples.magnitude(map)
    let scale = DisplayScale(of: size)
    let picture = Examples.picture(height: 20, width: 30)
    let contents: [(String, MapPanel.Content)] = [
      ("Input", .picture(picture)), ("Signed", .signed(map, limit: DisplayScale.limit(of: map))),
      ("Original", .overlay(size, scale, over: picture, opacity: 0.8)),
      ("A title that is far too long for the width of one panel, so that it must end early", .heat(size, scale)),
    ]
    let panels = contents.map { MapPanel(title: $0, content: $1) }
    return MapFigure(
      title: "a class name with nothing but words in it that goes on and on and on until it needs two lines · 5%",
      rows: [.init(panels: panels + panels)], colourBars: [Examples.heatBar, Examples.signedBar])
  }

  @Test("the pictures are as stored: rows with labels and a legend")
  func goldenRows() throws { try expectGolden(twoRows.encoded(as: .png), named: "map-rows") }

  @Test("the pictures are as stored: every style, wrapped, with long titles")
  func goldenStyles() throws { try expectGolden(mixedStyles.encoded(as: .png), named: "map-styles") }

  @Test("a wrong map or a lost title is outside the tolerance")
  func goldenNotices() throws {
    let drawn = try PNGPixels(twoRows.encoded(as: .png))
    var changed = twoRows
    changed.rows[0].panels[1] = twoRows.rows[0].panels[2]
    #expect(try PNGPixels(changed.encoded(as: .png)).meanDifference(from: drawn) > goldenTolerance)
    changed = twoRows
    for row in changed.rows.indices { changed.rows[row].label = "" }
    #expect(try PNGPixels(changed.encoded(as: .png)).meanDifference(from: drawn) > goldenTolerance)
  }

  @Test("every pixel of a small picture becomes a square with hard edges", arguments: [1, 7, 28, 32, 96])
  func hardEdges(side: Int) throws {
    var generator = SeededGenerator(seed: UInt64(side))
    let levels = (0..<side * side).map { _ in Float(UInt8.random(in: 0...200, using: &generator)) / 255 }
    let picture = Raster<Float>(height: side, width: side, values: levels)
    let figure = MapFigure(title: "", rows: [.init(panels: [MapPanel(title: "", content: .picture(picture))])])
    let page = try PNGPixels(figure.encoded(as: .png))
    let size = PanelSize(height: side, width: side)
    let square = Int((size.width * size.pixelsPerPoint).rounded()) / side
    // The frame is the only thing on the page with this colour next to the paper's white.
    let middle = page.height / 2
    let left = try #require((0..<page.width).first { page[$0, middle] == .frame })
    var origin = (x: left, y: 0)
    while page[origin.x, middle] == .frame { origin.x += 1 }
    origin.y = try #require((0..<page.height).first { page[origin.x, $0] == .frame })
    while page[origin.x, origin.y] == .frame { origin.y += 1 }
    for y in 0..<side * square {
      for x in 0..<side * square {
        let level = UInt8((levels[y / square * side + x / square] * 255).rounded())
        guard page[origin.x + x, origin.y + y] == Colour(red: level, green: level, blue: level) else {
          Issue.record("pixel (\(x), \(y)) of \(side)×\(side)")
          return
        }
      }
    }
  }

  @Test("the same figure gives the same bytes", arguments: FigureFormat.allCases)
  func deterministic(format: FigureFormat) throws {
    #expect(try twoRows.encoded(as: format) == twoRows.encoded(as: format))
  }

  @Test("a PDF begins and ends as one, with one page and no date of its making")
  func pdf() throws {
    let data = try twoRows.encoded(as: .pdf)
    let text = String(decoding: data, as: Unicode.ASCII.self)
    #expect(text.hasPrefix("%PDF-1."))
    #expect(text.hasSuffix("%%EOF\n"))
    #expect(text.contains("/Count 1\n"))
    #expect(text.contains("/CreationDate (20000101000000"))
  }

  @Test("an SVG is well-formed and holds every picture once, its pixels hard")
  func svg() throws {
    let reader = SVGReader(data: try twoRows.encoded(as: .svg))
    #expect(reader.isWellFormed)
    #expect(reader.elements.first == "svg")
    #expect(reader.images.map(\.["width"]) == Array(repeating: "16", count: 10))
    #expect(reader.images.allSatisfy { $0["style"] == "image-rendering:optimizeSpeed;image-rendering:pixelated" })
  }

  @Test("large pictures are smoothed, not drawn as squares")
  func smooth() throws {
    let picture = Examples.picture(height: 210, width: 300)
    let figure = MapFigure(title: "", rows: [.init(panels: [MapPanel(title: "", content: .picture(picture))])])
    #expect(SVGReader(data: try figure.encoded(as: .svg)).images.map(\.["style"]) == [nil])
  }

  @Test(
    "names in any script, of any length, do not break a figure",
    arguments: [
      "قط منزلي", "חתול בית", "家猫（短毛种）", "🐈‍⬛👩🏽‍🚀", "e\u{301}\u{301}\u{301}", "a\u{0}b\nc\td\u{2028}e", "<b>&amp;</b>",
      String(repeating: "W", count: 400), String(repeating: "word ", count: 400), "\u{202E}override", "",
    ])
  func names(name: String) throws {
    var figure = twoRows
    figure.title = name
    figure.subtitle = name
    figure.classLegend = ClassLegend(names: Array(repeating: name, count: 9), caption: name)
    figure.notes = [name]
    figure.colourBars[0].ticks = [name]
    figure.colourBars[0].caption = name
    for row in figure.rows.indices {
      figure.rows[row].label = name
      for panel in figure.rows[row].panels.indices { figure.rows[row].panels[panel].title = name }
    }
    #expect(SVGReader(data: try figure.encoded(as: .svg)).isWellFormed)
    // Only the row labels may claim room: none, one line or two.
    let (width, usual) = (try PNGPixels(figure.encoded(as: .png)).width, try PNGPixels(twoRows.encoded(as: .png)).width)
    #expect(usual - 43...usual + 27 ~= width)
  }

  @Test("odd shapes are drawn", arguments: [(1, 1), (1, 1000), (3000, 2), (0, 0), (433, 431)])
  func shapes(height: Int, width: Int) throws {
    let map = Raster<Float>(repeating: 1, height: height, width: width)
    let contents: [MapPanel.Content] = [
      .picture(map), .heat(map, DisplayScale(of: map)), .signed(map, limit: 0),
      .overlay(map, DisplayScale(of: map), over: map, opacity: 2), .classes(map.map { _ in 3 }, strength: map),
    ]
    let figure = MapFigure(title: "t", rows: [.init(panels: contents.map { MapPanel(title: "p", content: $0) })])
    for format in FigureFormat.allCases { #expect(try figure.encoded(as: format).count > 500) }
  }

  @Test("a figure without panels is its header")
  func empty() throws {
    #expect(try PNGPixels(MapFigure(title: "t", rows: []).encoded(as: .png)).height > 50)
    #expect(try PNGPixels(MapFigure(title: "t", rows: [.init(label: "r", panels: [])]).encoded(as: .png)).height > 50)
  }

  @Test("a page higher than Cairo's largest picture is drawn smaller")
  func hugePage() throws {
    let row = MapFigure.Row(panels: [Examples.rivalry(height: 8, width: 8, classes: 2)])
    let figure = MapFigure(title: "t", rows: Array(repeating: row, count: 200))
    #expect(try PNGPixels(figure.encoded(as: .png)).height <= 32_001)
  }
}
