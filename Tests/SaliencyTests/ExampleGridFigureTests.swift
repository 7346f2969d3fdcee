import Foundation
import TestSupport
import Testing

@testable import Saliency

@Suite struct ExampleGridFigureTests {
  private func examples(_ count: Int, side: Int = 12) async throws -> [ExampleGridFigure.Example] {
    try await TorchActor.run {
      let explainer = try Explainer(randomLinear(classes: 4, height: side, width: side))
      let images = AuditImages.generated(for: Preprocessing(height: side, width: side), count: count)
      return try images.enumerated().map { index, image in
        ExampleGridFigure.Example(
          className: "class \(index)", image: image,
          explanation: try explainer.explain(Preprocessing.image(from: image), classes: [index % 4])[0])
      }
    }
  }

  private let drawing = ExampleGridFigure(model: "a model", dataset: "made-up images")

  @Test("a row per class: its name, its probability, the input and the five maps under their heads")
  func rows() async throws {
    let examples = try await examples(3)
    let figures = drawing.figures(examples)
    #expect(figures.count == 1)
    #expect(figures[0].columns == ["Input", "Original", "Positive", "Negative", "Active", "Inactive"])
    #expect(figures[0].rows.map(\.name) == (0..<3).map { "\u{2068}class \($0)\u{2069}" })
    for (row, example) in zip(figures[0].rows, examples) {
      let explanation = example.explanation
      #expect(
        row.detail
          == String(format: "%.1f%%", 100 * explanation.prediction.probabilities[explanation.explainedClass]))
      guard row.panels.count == 6, case .picture(let image) = row.panels[0] else {
        Issue.record("the first of six panels is the input")
        continue
      }
      #expect(image == example.image)
      for (panel, map) in zip(row.panels.dropFirst(), explanation.maps) {
        guard case .heat(let values, let scale) = panel else {
          Issue.record("a map is drawn in heat")
          continue
        }
        #expect(values == map.values && scale == DisplayScale(of: values, percentile: 99.5))
      }
    }
  }

  @Test(
    "many classes fill several figures of nearly equal length",
    arguments: [(0, [0]), (10, [10]), (11, [6, 5]), (21, [7, 7, 7])])
  func pages(count: Int, rows: [Int]) async throws {
    let figures = drawing.figures(try await examples(count), without: ["dog", "قط"])
    #expect(figures.map(\.rows.count) == rows)
    #expect(
      figures.last?.notes == [
        "No image of these classes is classified correctly: \u{2068}dog\u{2069}, \u{2068}قط\u{2069}."
      ])
    #expect(figures.dropLast().allSatisfy { $0.notes == [] })
  }

  @Test("the picture is as stored")
  func golden() async throws {
    var drawing = drawing
    let heat = drawing.figures(try await examples(2, side: 24))
    try expectGolden(heat[0].encoded(as: .png), named: "example-grid")
    drawing.style = .signed
    let signed = drawing.figures(try await examples(2, side: 24), titled: false)
    #expect(signed[0].title == "")
    let difference = try PNGPixels(signed[0].encoded(as: .png)).meanDifference(
      from: PNGPixels(heat[0].encoded(as: .png)))
    #expect(difference > goldenTolerance)
  }
}
