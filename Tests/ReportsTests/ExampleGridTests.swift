import Figures
import Foundation
import Rasters
import Saliency
import TestSupport
import Testing

@testable import Reports

@Suite struct ExampleGridTests {
  /// Pictures of noise, each map of an own kind.
  private func examples(_ count: Int, side: Int = 12, attributions: [String] = ["gradient"]) throws -> PageExamples {
    var random = SeededGenerator(seed: 7)
    func picture() throws -> Data {
      let values = (0..<side * side * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
      return try PixelArray(height: side, width: side, channels: 3, values: values).encodedPNG(for: "a test")
    }
    func map(_ attribution: String, _ view: String) throws -> PageMap {
      PageMap(attribution: attribution, view: view, picture: try picture(), steps: Data(), deleted: [], answers: [:])
    }
    return PageExamples(
      choice: "The first.", without: ["dog", "قط"], leftOut: 3, fractions: [0], height: side, width: side,
      examples: try (0..<count).map { index in
        PageExample(
          index: index, name: "class \(index)", probability: 0.5, picture: try picture(),
          maps: try attributions.flatMap { attribution in
            try ["original", "positive", "negative", "active", "inactive"]
              .filter { $0 == "original" || attribution != "vargrad" }.map { try map(attribution, $0) }
          })
      })
  }

  private func values(_ panel: MapPanel.Content) -> [Float]? {
    if case .picture(let raster) = panel { raster.values } else { nil }
  }

  @Test("a row per class: its name, its probability, the input and the five maps under their heads")
  func rows() throws {
    let examples = try examples(3)
    let figures = try examples.figures(of: "a model on images")
    #expect(figures.count == 1 && figures[0].title == "\u{2068}a model on images\u{2069}")
    #expect(figures[0].columns == ["Input", "Original", "Positive", "Negative", "Active", "Inactive"])
    #expect(figures[0].rows.map(\.name) == (0..<3).map { "\u{2068}class \($0)\u{2069}" })
    for (row, example) in zip(figures[0].rows, examples.examples) {
      #expect(row.detail == "50.0%")
      let pictures = try ([example.picture] + example.maps.map(\.picture)).map {
        try Picture.decode($0, named: "a test").pixels.values.map { Float($0) / 255 }
      }
      #expect(row.panels.map(values) == pictures)
    }
  }

  @Test("a row per attribution, and white where it has no such map")
  func attributions() throws {
    let figure = try examples(2, attributions: ["gradient", "vargrad"]).figures(of: "a model")[0]
    #expect(figure.rows.map(\.detail) == ["50.0% gradient", "50.0% vargrad", "50.0% gradient", "50.0% vargrad"])
    #expect(figure.rows[1].panels.dropFirst(2).map(values) == Array(repeating: [1], count: 4))
  }

  @Test(
    "many classes fill several figures of nearly equal length",
    arguments: [(0, [0]), (10, [10]), (11, [6, 5]), (21, [7, 7, 7])])
  func pages(count: Int, rows: [Int]) throws {
    let figures = try examples(count).figures(of: "a model")
    #expect(figures.map(\.rows.count) == rows)
    #expect(
      figures.last?.notes == [
        "No image of these classes is classified correctly: \u{2068}dog\u{2069}, \u{2068}قط\u{2069}.",
        "3 further classes are left out.",
      ])
    #expect(figures.dropLast().allSatisfy { $0.notes == [] })
  }

  @Test("a damaged picture is an error")
  func damaged() throws {
    var examples = try examples(1)
    examples.examples[0].picture = Data("no picture".utf8)
    #expect(throws: PictureError.self) { try examples.figures(of: "a model") }
  }

  @Test("the picture is as stored")
  func golden() throws {
    try expectGolden(
      examples(2, side: 24).figures(of: "a model on images")[0].encoded(as: .png), named: "example-grid")
  }
}
