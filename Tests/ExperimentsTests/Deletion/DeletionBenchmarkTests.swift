import Maps
import Networks
import Tensors
import TestSupport
import Testing

@testable import Experiments

@Suite(.slow) @TorchActor struct DeletionBenchmarkTests {
  private func benchmark(
    _ classifier: any Classifier, count: Int = 7, replacements: [Replacement] = [.black, .white],
    fractions: [Double] = [0, 0.05, 0.3, 0.5, 0.9, 1], order: DeletionOrder = .descending, controls: Bool = true,
    blockSize: Int = 3, precision: AnswerPrecision = .full
  ) throws -> DeletionBenchmark {
    let input = classifier.preprocessing
    return try DeletionBenchmark(
      Explainer(classifier),
      images: Noise(
        count: count, classes: classifier.labels.count, height: input.height, width: input.width,
        channels: input.channels), metrics: replacements.map { Accuracy($0) }, fractions: fractions, order: order,
      controls: controls,
      seed: 11, blockSize: blockSize, precision: precision)
  }

  private func blocks(_ benchmark: DeletionBenchmark) throws -> [DeletionBlock] {
    try (0..<benchmark.blockCount).map { try benchmark.measure($0, with: benchmark.answering()) }
  }

  /// What the oracle says of every image, in the order of a block's arrays. Blocks of one image: in larger batches gradients
  /// are rounded in other ways, and where two classes' are all but equal a pixel enters or leaves a map.
  private func expectOracle(_ benchmark: DeletionBenchmark) throws {
    let oracle = DeletionOracle(benchmark: benchmark)
    for block in try blocks(benchmark) {
      let all = try block.images.map { try oracle.answers($0) }
      for (metric, found) in block.answers.enumerated() {
        let expected = all.flatMap { $0[metric].joined() }
        #expect(found.classes == expected.map { Int32($0.predicted) })
        #expect(found.deleted == expected.map { Int32($0.deleted) })
        expectClose(found.values.map(Double.init), expected.map(\.probability), relative: 1e-4, absolute: 1e-6)
      }
      #expect(try block.untouched == block.images.map { Int32(try oracle.untouched($0)) })
    }
  }

  @Test(arguments: DeletionOrder.allCases) func everyAnswerIsTheOracles(order: DeletionOrder) throws {
    try expectOracle(
      benchmark(
        formulaNetwork(.basicCNN, channels: 3, classes: 4, height: 17, width: 15), count: 4,
        replacements: Replacement.allCases, order: order, blockSize: 1))
  }

  @Test func everyAnswerIsTheOraclesForResNet() throws {
    try expectOracle(
      benchmark(
        formulaNetwork(.resNet18, channels: 3, classes: 3, height: 16, width: 16), count: 2, fractions: [0, 0.2, 0.6],
        blockSize: 1))
  }

  @Test(arguments: [(1, 3, 1, 1), (2, 1, 1, 1), (3, 1, 4, 3)])
  func smallestImages(classes: Int, channels: Int, height: Int, width: Int) throws {
    var random = SeededGenerator(seed: 3)
    let classes = classes + 1
    try expectOracle(
      benchmark(
        LinearClassifier(
          weight: random.floats(classes * channels * height * width), classes: classes, channels: channels,
          height: height, width: width)))
  }

  @Test func mapsWithoutPixelsDeleteNothing() throws {
    // The gradient is zero, so that every map is, but for the classes' own constants.
    let classifier = try LinearClassifier(
      weight: Array(repeating: 0, count: 2 * 9), bias: [0, 1], classes: 2, channels: 1, height: 3, width: 3)
    let benchmark = try benchmark(classifier, count: 2)
    for block in try blocks(benchmark) {
      let random = benchmark.series.firstIndex { $0.kind == .random }
      let perSeries = benchmark.fractions.count
      for (index, deleted) in block.answers[0].deleted.enumerated() {
        let isRandom = index / perSeries % benchmark.series.count == random
        #expect(deleted == (isRandom ? [0, 0, 3, 5, 8, 9][index % perSeries] : 0))
      }
      #expect(block.answers.allSatisfy { $0.classes.allSatisfy { $0 == 1 } })
    }
    try expectOracle(benchmark)
  }

  @Test func tiesGoToTheLowerIndexAndZerosStay() throws {
    let maps = try Tensor([1, 3, 0, 3, 2, 0, 1, 3, 1] as [Float], shape: [1, 3, 3])
    let down = try Ranking(maps, .descending)
    #expect(down.available == [7])
    #expect(try down.places.integers() == [4, 0, 7, 1, 3, 8, 5, 2, 6])
    let up = try Ranking(maps, .ascending)
    #expect(try up.places.integers() == [0, 4, 7, 5, 3, 8, 1, 6, 2])
  }

  /// k = ⌊f·P + ½⌋
  @Test(arguments: [(0, 0), (0.05, 1), (0.04, 0), (0.15, 2), (0.95, 10), (1, 10)])
  func countsAreRounded(fraction: Double, count: Int) {
    #expect(Ranking.count(fraction, of: 10, available: 10) == count)
    #expect(Ranking.count(fraction, of: 10, available: 1) == min(count, 1))
  }

  @Test func randomOrdersDependOnSeedAndImageAlone() throws {
    func places(_ seed: UInt64, _ images: Range<Int>) throws -> [[Int]] {
      let ranking = try Ranking(random: seed, images: images, pixels: 50, device: .cpu)
      let all = try ranking.places.integers()
      return images.indices.map { index in
        let row = index - images.lowerBound
        return Array(all[row * 50..<(row + 1) * 50])
      }
    }
    let whole = try places(1, 0..<4)
    #expect(try whole == places(1, 0..<2) + places(1, 2..<4))
    #expect(Set(whole + [try places(2, 0..<1)[0]]).count == 5)
    #expect(whole.allSatisfy { $0.sorted() == Array(0..<50) })
  }

  @Test(arguments: [1, 2, 7, 100]) func blocksCoverAllImages(blockSize: Int) throws {
    var random = SeededGenerator(seed: 8)
    // Its gradients do not depend on the batch.
    let classifier = try LinearClassifier(
      weight: random.floats(3 * 64), classes: 3, channels: 1, height: 8, width: 8)
    let whole = try benchmark(classifier, blockSize: 7)
    let cut = try benchmark(classifier, blockSize: blockSize)
    let (one, many) = (
      try DeletionResult(whole.setup, metrics: whole.metrics, blocks: blocks(whole)),
      try DeletionResult(cut.setup, metrics: cut.metrics, blocks: blocks(cut))
    )
    #expect(one.untouched == many.untouched)
    for (one, many) in zip(one.answers, many.answers) {
      #expect(one.classes == many.classes && one.deleted == many.deleted)
      expectClose(one.values, many.values, relative: 1e-4, absolute: 1e-6)
    }
  }

  @Test(arguments: [[], [0.5, 0.1], [0.1, 0.1], [-0.1, 0.2], [0.5, 1.1], [.nan]] as [[Double]])
  func impossibleFractions(fractions: [Double]) throws {
    let network = try formulaNetwork(.basicCNN, channels: 1, classes: 2, height: 8, width: 8)
    #expect(throws: EvaluationError.fractions) { try benchmark(network, fractions: fractions) }
  }

  @Test(arguments: Architecture.paper)
  func mixedPrecisionRoundsTheAnswersForChangedImagesAlone(architecture: Architecture) throws {
    let network = try formulaNetwork(architecture, channels: 3, classes: 3, height: 16, width: 16)
    let exact = try blocks(benchmark(network, fractions: [0.3, 0.6]))
    let mixed = try blocks(benchmark(network, fractions: [0.3, 0.6], precision: .mixed))
    #expect(mixed.map(\.untouched) == exact.map(\.untouched))
    let (found, expected) = (mixed.flatMap(\.answers), exact.flatMap(\.answers))
    // 8 bits of mantissa: each layer's results are off by some 2⁻⁹ of their size.
    #expect(found.map(\.deleted) == expected.map(\.deleted))
    let errors = zip(found.flatMap(\.values), expected.flatMap(\.values)).map { abs($0 - $1) }
    #expect(errors.reduce(0, +) / Float(errors.count) < 0.02 && errors.allSatisfy { $0 < 0.1 })
    #expect(errors.count { $0 > 1e-6 } > errors.count / 2)
  }

  @Test func whatCannotBeMeasuredIsRefused() throws {
    let network = try formulaNetwork(.basicCNN, channels: 1, classes: 2, height: 8, width: 8)
    #expect(throws: EvaluationError.noImages) { try benchmark(network, count: 0) }
    #expect(throws: EvaluationError.negativeMaps(view: "signed")) {
      try DeletionBenchmark(
        Explainer(network, views: [Signed()]), images: Noise(count: 1, classes: 2, height: 8, width: 8, channels: 1))
    }
    let linear = try LinearClassifier(weight: [1, 2], classes: 2, channels: 1, height: 1, width: 1)
    #expect(throws: EvaluationError.precision) { try benchmark(linear, precision: .mixed) }
    #expect(throws: EvaluationError.unknownClasses(["class 2"])) {
      try DeletionBenchmark(
        Explainer(network), images: Noise(count: 1, classes: 3, height: 8, width: 8, channels: 1))
    }
  }
}
