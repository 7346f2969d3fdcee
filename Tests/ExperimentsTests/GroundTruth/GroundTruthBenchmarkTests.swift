import Maps
import Tensors
import TestSupport
import Testing

@testable import Experiments

/// A shape's template: 1/|S| on the strokes S of a bright shape and −1/|W ∖ S| on its surroundings; for a dark one the negative.
private func template(_ label: Int) -> [Float] {
  let shape = Shape.allCases[label / 2]
  let reach = -Shape.surroundings...Shape.surroundings
  let covered = reach.flatMap { row in reach.map { shape.covers(row: row, column: $0) } }
  let strokes = Float(covered.count { $0 })
  let sign: Float = label % 2 == 0 ? 1 : -1
  return covered.map { sign * ($0 ? 1 / strokes : -1 / (Float(covered.count) - strokes)) }
}

/// The score of a class is the answer of its template at the place where it is highest, so that the gradient of the score is
/// the template at that place.
@TorchActor private final class Templates: Classifier {
  nonisolated let labels = LabelSet(ShapeImages.classNames)
  nonisolated let preprocessing = Preprocessing(height: 32, width: 32, channels: 1)
  nonisolated let device = Device.cpu
  nonisolated let bytesPerImage = 1 << 20
  private let weight: Tensor

  init() throws { weight = try Tensor((0..<8).flatMap(template), shape: [8, 1, 19, 19]) }

  func logits(_ images: Tensor) throws -> Tensor {
    try images.convolution(weight: weight).reshaped([-1, 8, 14 * 14]).max(axis: 2).values
  }
}

@Suite(.slow) @TorchActor struct GroundTruthBenchmarkTests {
  @Test("a classifier that looks for the shapes as they are is right, and so are its maps; random ones score as chance")
  func templates() async throws {
    let images = ShapeImages("test", count: 64, seed: 5)
    let classifier = try Templates()
    let answers = try classifier.logits(images.images(0..<64)).max(axis: 1).indices.integers()
    #expect(answers == images.labels.map(Int.init))

    let rows = try await GroundTruthBenchmark(
      classifier, images: images, attributions: [Gradient(), GradientXInput(), IntegratedGradients(steps: 3)]
    ).run()
    #expect(rows.count == 3 * 5 + 2 * 5)
    for row in rows where !row.map.isControl && ["original", "positive", "negative"].contains(row.map.view) {
      #expect(row.scores.count == 64)
      for score in row.scores {
        #expect(score.precision == 1 && score.wrongSign == (row.map.view == "original" ? nil : 0))
        #expect(score.shownPrecision == 1 && score.shownRecall == 1)
        expectClose([score.averagePrecision], [1], absolute: 1e-12, "\(row.map.title)")
      }
    }
    // A rival's template fits best at another place than the image's shape, so these are not exact.
    for row in rows where !row.map.isControl && ["active", "inactive"].contains(row.map.view) {
      let (precision, chance) = (row.scores.map(\.precision).reduce(0, +), row.scores.map(\.chance).reduce(0, +))
      #expect(row.scores.count == 32 && precision > 5 * chance, "\(row.map.title): \(precision / chance)")
    }
    for row in rows where row.map.kind == .random {
      let mean = row.scores.map(\.precision).reduce(0, +) / Double(row.scores.count)
      let chance = row.scores.map(\.chance).reduce(0, +) / Double(row.scores.count)
      // The precision of k draws has a deviation of √(p (1 − p) / k): over 64 images of more than 40 pixels, less than 0.008; of
      // 32 images of 24 pixels and more, less than 0.007.
      #expect(abs(mean - chance) < 0.03, "\(row.map.view): \(mean), \(chance)")
    }
  }

  @Test("every view of a linear classifier shows exactly the known pixels", arguments: 0..<8)
  func linear(label: Int) throws {
    // All classes' strokes count 1 and all surroundings −0.1, so that what classes share is shared exactly.
    let weight = (0..<8).flatMap { other in
      let truth = PixelTruth(Shape.allCases[other / 2], isBright: other % 2 == 0, row: 14, column: 17, side: 32)
      return zip(truth.brighter, truth.darker).map { bright, dark -> Float in
        truth.isBright ? (bright ? 1 : dark ? -0.1 : 0) : (dark ? -1 : bright ? 0.1 : 0)
      }
    }
    let classifier = try LinearClassifier(weight: weight, classes: 8, channels: 1, height: 32, width: 32)
    let truth = PixelTruth(Shape.allCases[label / 2], isBright: label % 2 == 0, row: 14, column: 17, side: 32)
    let found = try Explainer(classifier).explain(Tensor(repeating: 0.5, shape: [1, 1, 32, 32]), classes: [label])[0]
    for view in Views.paper {
      let shown = try #require(found.map(view.name)).values.values.map { $0 > 0 }
      #expect(shown == truth.pixels(of: view) ?? shown.map { _ in false }, "\(view.name)")
    }
  }

  @Test("what cannot be scored is refused")
  func refused() throws {
    let linear = try LinearClassifier(
      weight: Array(repeating: 0, count: 2048), classes: 2, channels: 1, height: 32, width: 32)
    #expect(throws: EvaluationError.unknownClasses(ShapeImages.classNames)) {
      try GroundTruthBenchmark(linear, images: ShapeImages("test", count: 8, seed: 0))
    }
    #expect(throws: EvaluationError.noImages) {
      try GroundTruthBenchmark(Templates(), images: ShapeImages("test", count: 0, seed: 0))
    }
  }
}
