import Foundation
import Maps
import Networks
import Tensors
import TestSupport
import Testing

@testable import Experiments

@Suite(.slow) @TorchActor struct MetricTests {
  private static let all: [any Metric] = [
    Rise(.deletion, steps: 7), Rise(.insertion, steps: 5), SensitivityN(sizes: [1, 5, 40, 60], samples: 9),
  ]

  private func benchmark(
    _ classifier: any Classifier, _ metrics: [any Metric], attributions: [any Attribution] = [Gradient()],
    views: [any View] = Views.paper, replacements: [Replacement] = [], order: DeletionOrder = .descending,
    count: Int = 5, blockSize: Int = 2, memory: Int = 2_000_000_000, seed: UInt64 = 11
  ) throws -> DeletionBenchmark {
    let input = classifier.preprocessing
    return try DeletionBenchmark(
      Explainer(classifier, attributions: attributions, views: views),
      images: Noise(
        count: count, classes: classifier.labels.count, height: input.height, width: input.width,
        channels: input.channels), metrics: replacements.map { Accuracy($0) } + metrics, order: order, seed: seed,
      blockSize: blockSize, memory: memory)
  }

  private func blocks(_ benchmark: DeletionBenchmark) throws -> [DeletionBlock] {
    try (0..<benchmark.blockCount).map { try benchmark.measure($0, with: benchmark.answering()) }
  }

  private func result(_ benchmark: DeletionBenchmark) throws -> DeletionResult {
    try DeletionResult(benchmark.setup, metrics: benchmark.metrics, blocks: blocks(benchmark))
  }

  /// Of one class that is certainly predicted: its weights are positive, the other class's are their negatives.
  private func linear(height: Int = 6, width: Int = 10, channels: Int = 3) throws -> LinearClassifier {
    var random = SeededGenerator(seed: 21)
    let weight = (0..<channels * height * width).map { _ in Float.random(in: 0.01...0.1, using: &random) }
    return try LinearClassifier(
      weight: weight + weight.map { -$0 }, classes: 2, channels: channels, height: height, width: width)
  }

  @Test("every point of every curve is the oracle's", arguments: DeletionOrder.allCases, [true, false])
  func oracle(order: DeletionOrder, isNetwork: Bool) throws {
    var random = SeededGenerator(seed: 5)
    let classifier: any Classifier =
      isNetwork
      ? try formulaNetwork(.basicCNN, channels: 3, classes: 3, height: 8, width: 10)
      : try LinearClassifier(weight: random.floats(3 * 180), classes: 3, channels: 3, height: 6, width: 10)
    let benchmark = try benchmark(
      classifier, Self.all, attributions: [Gradient(), GradientXInput()], order: order, count: 3, blockSize: 1)
    let oracle = MetricOracle(benchmark: benchmark)
    for block in try blocks(benchmark) {
      for (metric, answers) in zip(Self.all, block.answers) {
        let expected = try oracle.curves(metric, block.images.lowerBound).joined().map { Float($0) }
        // A correlation amplifies the rounding of logits that hardly differ.
        let tolerance: Float = metric is SensitivityN ? 2e-3 : 1e-4
        expectClose(answers.values, expected, relative: 1e-4, absolute: tolerance, metric.name)
      }
    }
  }

  @Test("the sum of gradient × input of a linear model correlates perfectly, a random map not at all")
  func perfectSensitivity() throws {
    let metric = SensitivityN(sizes: [1, 3, 20, 48], samples: 60)
    let benchmark = try benchmark(
      linear(), [metric], attributions: [GradientXInput()], views: [Original()], count: 40, blockSize: 10)
    let scores = try result(benchmark).scores(metric: 0)
    let series = metric.series(in: benchmark.setup)
    #expect(series.map(\.view) == ["original", "sum", ""])
    // Float32 logits have some seven digits; one pixel moves them by some thousandths.
    #expect(scores[1].value > 0.9999)
    #expect(scores[0].value > 0.3 && scores[0].value < scores[1].value)
    // 160 correlations of 60 samples: the mean's deviation is 1 / √59 / √160 = 0.01.
    #expect(abs(scores[2].value) < 0.05)
  }

  @Test("a constant map has correlation 0, and so has a model that looks at nothing")
  func nothingVaries() throws {
    let (size, metric) = (36, SensitivityN(sizes: [1, 7, 36], samples: 10))
    let even = try LinearClassifier(
      weight: Array(repeating: 0.3, count: size) + Array(repeating: -0.3, count: size), classes: 2, channels: 1,
      height: 6,
      width: 6)
    let blind = try LinearClassifier(
      weight: Array(repeating: 0, count: 2 * size), bias: [0, 1], classes: 2, channels: 1, height: 6, width: 6)
    let constant = try result(benchmark(even, [metric], views: [Original()]))
    #expect(constant.curve(metric: 0, series: 0) == [0, 0, 0] && constant.curve(metric: 0, series: 1) == [0, 0, 0])
    // All pixels are one set only.
    #expect(constant.curve(metric: 0, series: 2)[2] == 0)
    #expect(try result(benchmark(blind, [metric])).answers[0].values.allSatisfy { $0 == 0 })
  }

  /// With one channel, deleting in the order of w ⊙ I leaves z = Σ of the smallest terms, and the probability is that of
  /// logits z and −z.
  @Test("the right order gives the curve that follows from the model, and no order gives a lower one")
  func knownCurve() throws {
    let steps = 12
    let deletion = Rise(.deletion, steps: steps)
    let insertion = Rise(.insertion, steps: steps, replacement: .black)
    let classifier = try linear(channels: 1)
    let benchmark = try benchmark(
      classifier, [deletion, insertion], attributions: [GradientXInput()], views: [Original()], count: 4)
    let result = try result(benchmark)
    let oracle = MetricOracle(benchmark: benchmark)
    for image in 0..<4 {
      let input = try oracle.tensor(oracle.pixels(image))
      let terms = try classifier.terms(of: input).sorted(by: >)
      func probability(_ z: Double) -> Float { Float(1 / (1 + exp(-2 * z))) }
      let sums = (0...steps).map { terms.prefix($0 * 60 / steps).reduce(0, +) }
      let points = result.answers.map { Array($0.values[image * 2 * (steps + 1)..<(image * 2 + 1) * (steps + 1)]) }
      expectClose(points[0], sums.map { probability(terms.reduce(0, +) - $0) }, absolute: 1e-5)
      expectClose(points[1], sums.map { probability($0) }, absolute: 1e-5)
    }
    let (low, high) = (result.scores(metric: 0), result.scores(metric: 1))
    #expect(low[0].value < low[1].value && high[0].value > high[1].value)
    #expect(low[0].low <= low[0].value && low[0].value <= low[0].high)
  }

  @Test("a map of zeros is as good as random pixels")
  func tiesAreRandom() throws {
    // All weights of the predicted class are positive.
    let benchmark = try benchmark(linear(), [Rise(.deletion), Rise(.insertion)], views: [Original(), Negative()])
    let result = try result(benchmark)
    for metric in 0..<2 {
      let curves = (0..<3).map { result.curve(metric: metric, series: $0) }
      expectClose(curves[1], curves[2], absolute: 1e-6)
      // What is inserted into a blurred image hardly changes the sum that the model makes.
      #expect(metric == 1 || zip(curves[0], curves[2]).contains { abs($0 - $1) > 1e-3 })
    }
  }

  @Test("ties in a random order, all else by saliency") func ties() throws {
    let maps = try Tensor([1, 3, 0, 3, 2, 0, 1, 3, 1] as [Float], shape: [1, 3, 3])
    let random = try Ranking(random: 4, images: 7..<8, pixels: 9, device: .cpu)
    let drawn = try random.places.integers()
    for (order, sign) in [(DeletionOrder.descending, -1.0), (.ascending, 1)] {
      let places = try Ranking(maps, order, ties: random).places.integers()
      let values = try maps.doubles().map { $0 * sign }
      let expected = (0..<9).sorted { (values[$0], drawn[$0]) < (values[$1], drawn[$1]) }
      #expect((0..<9).sorted { places[$0] < places[$1] } == expected)
    }
  }

  @Test("random sets have their size, depend on seed, image and size alone, and hit every pixel alike")
  func randomSets() {
    func sets(_ seed: UInt64, _ images: Range<Int>, _ sizes: [Int], samples: Int = 3) -> [[UInt8]] {
      var sets = PixelSets(seed: seed, images: images, sizes: sizes, samples: samples, pixels: 20)
      return (0..<images.count * sizes.count * samples).map { _ in sets.next(1) }
    }
    let both = sets(1, 4..<6, [2, 15])
    #expect(both.map { $0.reduce(0) { $0 + Int($1) } } == [2, 2, 2, 15, 15, 15, 2, 2, 2, 15, 15, 15])
    #expect(both.suffix(3) == sets(1, 5..<6, [15])[...])
    #expect(both != sets(2, 4..<6, [2, 15]))
    let many = sets(3, 0..<1, [5], samples: 4000)
    // A pixel is in 1,000 ± 27 sets of five in twenty.
    for pixel in 0..<20 { #expect(abs(many.count { $0[pixel] == 1 } - 1000) < 5 * 28) }
  }

  @Test("neither blocks nor batches nor further metrics change anything", arguments: [1, 5])
  func blocksAndBatches(blockSize: Int) throws {
    let classifier = try linear()
    let one = try result(benchmark(classifier, Self.all))
    let other = try result(
      benchmark(classifier, Self.all.reversed(), replacements: [.black], blockSize: blockSize, memory: 8 << 10))
    for (answers, expected) in zip(other.answers.dropFirst(), one.answers.reversed()) {
      expectClose(answers.values, expected.values, relative: 1e-4, absolute: 1e-3)
    }
    let plain = try result(benchmark(classifier, [], replacements: [.black], blockSize: blockSize, memory: 8 << 10))
    let (found, expected) = (other.answers[0], plain.answers[0])
    #expect(found.classes == expected.classes && found.deleted == expected.deleted)
    #expect(found.values.map(\.bitPattern) == expected.values.map(\.bitPattern))
  }

  @Test("a metric comes back from its record", arguments: Metrics.all.map(\.name))
  func records(name: String) throws {
    let options = ["steps": "3", "replacement": "mean", "sizes": "1,4", "samples": "7"]
    let metric = try #require(Metrics.named(name, options: options))
    #expect(metric.name == name && metric.settings.allSatisfy { options[$0.key] == $0.value })
    let setup = try benchmark(linear(), [metric]).setup
    let read = try JSONDecoder().decode(DeletionSetup.self, from: JSONEncoder().encode(setup))
    #expect(read == setup)
    #expect(try read.knownMetrics().map(\.settings) == [metric.settings])
  }

  @Test("records that no metric has written are refused")
  func strangeRecords() throws {
    let setup = try benchmark(linear(), [Rise(.deletion)]).setup
    let text = String(decoding: try JSONEncoder().encode(setup), as: UTF8.self)
    for (old, new, error) in [
      ("rise-deletion", "rise", EvaluationError.unknownMetric("rise")),
      ("\"32\"", "\"many\"", .unknownMetric("rise-deletion")), ("\"32\"", "\"-1\"", .tooFewSteps),
    ] {
      let changed = text.replacing(old, with: new)
      #expect(changed != text)
      let read = try JSONDecoder().decode(DeletionSetup.self, from: Data(changed.utf8))
      #expect(throws: error) { try read.knownMetrics() }
    }
  }

  @Test("n from 1 to 80% of the pixels", arguments: [1, 2, 64, 1024, 50176]) func sizes(pixels: Int) {
    let sizes = SensitivityN().sizes(of: pixels)
    #expect(sizes.first == 1 && zip(sizes, sizes.dropFirst()).allSatisfy(<))
    #expect(sizes.last == max(1, Int((0.8 * Double(pixels)).rounded())))
    #expect(pixels < 64 || (10...12).contains(sizes.count))
  }

  @Test func whatCannotBeMeasuredIsRefused() throws {
    let classifier = try linear()
    func expect(_ error: EvaluationError, _ metrics: any Metric...) {
      #expect(throws: error) { try benchmark(classifier, metrics) }
    }
    expect(.tooFewSteps, Rise(.insertion, steps: 0))
    expect(.tooFewSamples, SensitivityN(samples: 0))
    expect(.tooFewSamples, SensitivityN(samples: 1))
    for sizes in [[], [0], [61], [3, 3], [5, 2]] { expect(.sizes(pixels: 60), SensitivityN(sizes: sizes)) }
    expect(.doubleMetric("rise-deletion"), Rise(.deletion), Rise(.deletion, steps: 3))
    #expect(throws: MethodError.tooLittleMemory(needed: 1024, given: 1000)) {
      try benchmark(classifier, [Rise(.deletion)], memory: 1000)
    }
  }
}

extension LinearClassifier {
  /// The products of the first class's weights and an image, pixel by pixel, whose sum is the logit.
  fileprivate func terms(of image: Tensor) throws -> [Double] {
    let pixels = image.shape[2] * image.shape[3]
    return try (0..<pixels).map { pixel in
      var alone = [Float](repeating: 0, count: pixels)
      alone[pixel] = try image.floats()[pixel]
      return try logits(Tensor(alone, shape: image.shape)).doubles()[0]
    }
  }
}
