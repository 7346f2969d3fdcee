import Maps
import Tensors
import TestSupport
import Testing

@testable import Experiments

@Suite @TorchActor struct AreaBootstrapTests {
  private let fractions = [0, 0.25, 0.5, 0.9]

  /// Two maps, without controls, in two colours; every answer is right with a chance that depends on the image, alike for all
  /// curves, and falls with the fraction, a little faster for the second map.
  private func result(images: Int) throws -> DeletionResult {
    let classifier = try LinearClassifier(
      weight: Array(repeating: 1, count: 8), classes: 2, channels: 1, height: 2, width: 2)
    let benchmark = try DeletionBenchmark(
      Explainer(classifier, views: [Original(), Positive()]),
      images: Noise(count: images, classes: 1, height: 2, width: 2, channels: 1), fractions: fractions, controls: false,
      blockSize: images)
    var random = SeededGenerator(seed: 3)
    var predicted: [Int32] = []
    for _ in 0..<images {
      let ease = Double.random(in: 0...1, using: &random)
      for series in (0..<2).flatMap({ _ in 0..<2 }) {
        for fraction in fractions {
          let chance = ease * (1 - fraction * (series == 1 ? 0.9 : 0.5))
          predicted.append(Double.random(in: 0...1, using: &random) < chance ? 0 : 1)
        }
      }
    }
    let zeros = [Int32](repeating: 0, count: images)
    return try DeletionResult(
      benchmark.setup,
      blocks: [
        DeletionBlock(
          images: 0..<images, labels: zeros, untouched: zeros, predicted: predicted,
          probability: Array(repeating: 1, count: predicted.count), deleted: Array(repeating: 0, count: images * 8))
      ])
  }

  /// The area under the mean curve of some images.
  private func area(_ result: DeletionResult, _ images: [Int], _ replacement: Int, _ series: Int) -> Double {
    let curve = fractions.indices.map { fraction in
      images.map { result.predicted[(($0 * 2 + replacement) * 2 + series) * 4 + fraction] == 0 ? 1.0 : 0 }
        .reduce(0, +) / Double(images.count)
    }
    var total = 0.0
    for index in 1..<4 { total += (fractions[index] - fractions[index - 1]) * (curve[index] + curve[index - 1]) / 2 }
    return total
  }

  /// Linear between the neighbours among the sorted values.
  private func percentile(_ share: Double, _ values: [Double]) -> Double {
    let (sorted, place) = (values.sorted(), share * Double(values.count - 1))
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[below] }
    let part = place - Double(below)
    return sorted[below] * (1 - part) + sorted[below + 1] * part
  }

  @Test("areas, differences and their intervals are those of data sets that are drawn and measured one by one")
  func oracle() throws {
    let result = try result(images: 37)
    let bootstrap = AreaBootstrap(result, .accuracy, resamples: 50, seed: 8)
    var random = SplitMix64(seed: 8)
    let draws = (0..<50).map { _ in (0..<37).map { _ in Int.random(in: 0..<37, using: &random) } }
    for replacement in 0..<2 {
      let own = (0..<2).map { area(result, Array(0..<37), replacement, $0) }
      let drawn = (0..<2).map { series in draws.map { area(result, $0, replacement, series) } }
      for series in 0..<2 {
        let found = bootstrap.areas[replacement][series]
        expectClose(
          [found.value, found.low, found.high],
          [own[series], percentile(0.025, drawn[series]), percentile(0.975, drawn[series])], absolute: 1e-12)
      }
      let differences = zip(drawn[0], drawn[1]).map { $1 - $0 }
      let found = bootstrap.difference(replacement: replacement, smaller: 0, larger: 1)
      expectClose(
        [found.value, found.low, found.high],
        [own[1] - own[0], percentile(0.025, differences), percentile(0.975, differences)], absolute: 1e-12)
    }
    #expect(result.areas(.accuracy) == AreaBootstrap(result, .accuracy).areas)
  }

  @Test("on the same images a difference is surer than intervals side by side tell")
  func paired() throws {
    let bootstrap = try AreaBootstrap(result(images: 200), .accuracy)
    let (first, second) = (bootstrap.areas[0][0], bootstrap.areas[0][1])
    let difference = bootstrap.difference(replacement: 0, smaller: 1, larger: 0)
    #expect(difference.low > 0 && difference.value == first.value - second.value)
    let unpaired =
      ((first.high - first.low) * (first.high - first.low)
      + (second.high - second.low) * (second.high - second.low)).squareRoot()
    #expect(difference.high - difference.low < 0.9 * unpaired)
    let same = bootstrap.difference(replacement: 0, smaller: 1, larger: 1)
    #expect(same == DeletionResult.Area(value: 0, low: 0, high: 0))
  }
}
