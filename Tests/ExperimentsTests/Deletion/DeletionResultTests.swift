import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Experiments

@Suite @TorchActor struct DeletionResultTests {
  /// Four images of class 0, one map without controls, fractions 0, 0.5 and 1.
  private func benchmark() throws -> DeletionBenchmark {
    let classifier = try LinearClassifier(
      weight: Array(repeating: 1, count: 8), classes: 2, channels: 1, height: 2, width: 2)
    return try DeletionBenchmark(
      Explainer(classifier, views: [Original()]),
      images: Noise(count: 4, classes: 1, height: 2, width: 2, channels: 1), metrics: [Accuracy(.black)],
      fractions: [0, 0.5, 1], controls: false, blockSize: 2)
  }

  /// Images 0 and 1 stay right, image 2 turns wrong in the middle, image 3 is wrong from the start and turns right.
  private let blocks = [
    DeletionBlock(
      images: 0..<2, labels: [0, 0], untouched: [0, 0],
      answers: [
        MetricAnswers(values: [1, 0.5, 0.5, 1, 1, 1], classes: [0, 0, 0, 0, 0, 0], deleted: [0, 2, 4, 0, 2, 2])
      ]),
    DeletionBlock(
      images: 2..<4, labels: [0, 0], untouched: [0, 1],
      answers: [
        MetricAnswers(values: [1, 0.25, 0, 1, 0.25, 0.5], classes: [0, 1, 1, 1, 1, 0], deleted: [0, 2, 3, 0, 1, 1])
      ]),
  ]

  @Test func curvesAndAreas() throws {
    let result = try DeletionResult(benchmark().setup, metrics: [Accuracy(.black)], blocks: blocks.reversed())
    #expect(result.curve(.accuracy, metric: 0, series: 0) == [0.75, 0.5, 0.75])
    #expect(result.curve(.allegiance, metric: 0, series: 0) == [1, 0.75, 0.5])
    #expect(result.curve(.quantity, metric: 0, series: 0) == [1, 0.5, 0.5])
    #expect(result.deletedShare(metric: 0, series: 0) == [0, 7.0 / 16, 10.0 / 16])
    // 0.5 · (0.75 + 0.5) / 2 + 0.5 · (0.5 + 0.75) / 2
    #expect(result.scores(.accuracy, metric: 0)[0].value == 0.625)
    #expect(result.scores(.allegiance, metric: 0)[0].value == 0.75)
  }

  @Test("the mean of batches of 128 gives the last, smaller one the same weight")
  func batchAccuracy() throws {
    let classifier = try LinearClassifier(
      weight: Array(repeating: 1, count: 8), classes: 2, channels: 1, height: 2, width: 2)
    let setup = try DeletionBenchmark(
      Explainer(classifier, views: [Original()]),
      images: Noise(count: 130, classes: 1, height: 2, width: 2, channels: 1), metrics: [Accuracy(.black)],
      fractions: [0], controls: false
    ).setup
    // Of the first 128 images 96 are right, of the last two none.
    let block = DeletionBlock(
      images: 0..<130, labels: Array(repeating: 0, count: 130),
      untouched: (0..<130).map { $0 < 96 ? 0 : 1 },
      answers: [
        MetricAnswers(
          values: Array(repeating: 1, count: 130), classes: Array(repeating: 0, count: 130),
          deleted: Array(repeating: 0, count: 130))
      ])
    let result = try DeletionResult(setup, metrics: [Accuracy(.black)], blocks: [block])
    #expect(result.batchAccuracy == 0.375 && result.accuracy == 96.0 / 130)
  }

  @Test func missingOrDoubleBlocksAreTold() throws {
    #expect(throws: EvaluationError.missingImages(2)) {
      try DeletionResult(benchmark().setup, metrics: [Accuracy(.black)], blocks: [blocks[0]])
    }
    #expect(throws: EvaluationError.missingImages(0)) {
      try DeletionResult(benchmark().setup, metrics: [Accuracy(.black)], blocks: [blocks[1]])
    }
    #expect(throws: EvaluationError.missingImages(2)) {
      try DeletionResult(benchmark().setup, metrics: [Accuracy(.black)], blocks: [blocks[0], blocks[0], blocks[1]])
    }
  }

  @Test(
    arguments: [
      ([0, 1], [1, 1], 1), ([0, 1], [0, 1], 0.5), ([0, 0.1, 0.9], [1, 0, 1], 0.45), ([0.3], [1], 0),
    ] as [([Double], [Double], Double)])
  func trapezoids(x: [Double], y: [Double], area: Double) {
    expectClose([CurveSummary.area.score(x, y)], [area], absolute: 1e-12)
  }

  @Test func percentiles() {
    #expect(Bootstrap.percentile(0.5, []) == nil)
    #expect(Bootstrap.percentile(0.5, [1, 2, 4]) == 2)
    #expect(Bootstrap.percentile(0.25, [1, 2, 4]) == 1.5)
  }

  /// Of n scores that are 0 or 1 with mean p the bootstrap's interval is nearly p ± 1.96 √(p (1 − p) / n).
  @Test func intervalsAreThoseOfTheBinomialDistribution() throws {
    let classifier = try LinearClassifier(
      weight: Array(repeating: 1, count: 2), classes: 2, channels: 1, height: 1, width: 1)
    let count = 400
    let benchmark = try DeletionBenchmark(
      Explainer(classifier, views: [Original()]),
      images: Noise(count: count, classes: 1, height: 1, width: 1, channels: 1), metrics: [Accuracy(.black)],
      fractions: [0, 1], controls: false, blockSize: count)
    let predicted = (0..<count).flatMap { image in Array(repeating: Int32(image % 4 == 0 ? 1 : 0), count: 2) }
    let result = try DeletionResult(
      benchmark.setup, metrics: benchmark.metrics,
      blocks: [
        DeletionBlock(
          images: 0..<count, labels: Array(repeating: 0, count: count),
          untouched: Array(repeating: 0, count: count),
          answers: [MetricAnswers(values: Array(repeating: 1, count: 2 * count), classes: predicted)])
      ])
    let area = result.scores(.accuracy, metric: 0, draws: 4000)[0]
    let half = 1.96 * (0.75 * 0.25 / Double(count)).squareRoot()
    #expect(area.value == 0.75)
    // A percentile of 4,000 resamples is within a tenth of the interval's half.
    expectClose([area.low, area.high], [0.75 - half, 0.75 + half], absolute: half / 8)
    #expect(result.scores(metric: 0, seed: 5) == result.scores(metric: 0, seed: 5))
    #expect(result.scores(metric: 0, seed: 5) != result.scores(metric: 0, seed: 6))
  }
}
