import Maps
import TestSupport
import Testing

@testable import Experiments

@Suite struct BootstrapTests {
  /// Two columns, [image][column]: numbers that depend on the image, alike for both; the second is a little lower.
  private func values(images: Int) -> [Double] {
    var random = SeededGenerator(seed: 3)
    return (0..<images).flatMap { _ in
      let ease = Double.random(in: 0...1, using: &random)
      return [
        ease + Double.random(in: 0...0.2, using: &random), 0.7 * ease + Double.random(in: 0...0.2, using: &random),
      ]
    }
  }

  /// Linear between the neighbours among the sorted values.
  private func percentile(_ share: Double, _ values: [Double]) -> Double {
    let (sorted, place) = (values.sorted(), share * Double(values.count - 1))
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[below] }
    let part = place - Double(below)
    return sorted[below] * (1 - part) + sorted[below + 1] * part
  }

  @Test("means, differences and their intervals are those of data sets that are drawn and measured one by one")
  func oracle() {
    let values = values(images: 37)
    let bootstrap = Bootstrap(values, columns: 2, draws: 50, seed: 8)
    var random = SplitMix64(seed: 8)
    let draws = (0..<50).map { _ in (0..<37).map { _ in Int.random(in: 0..<37, using: &random) } }
    func mean(_ images: [Int], _ column: Int) -> Double {
      images.map { values[2 * $0 + column] }.reduce(0, +) / Double(images.count)
    }
    let own = (0..<2).map { mean(Array(0..<37), $0) }
    let drawn = (0..<2).map { column in draws.map { mean($0, column) } }
    for column in 0..<2 {
      let found = bootstrap[column]
      expectClose(
        [found.value, found.low, found.high],
        [own[column], percentile(0.025, drawn[column]), percentile(0.975, drawn[column])], absolute: 1e-12)
    }
    let differences = zip(drawn[0], drawn[1]).map { $1 - $0 }
    let found = bootstrap.difference(smaller: 0, larger: 1)
    expectClose(
      [found.value, found.low, found.high],
      [own[1] - own[0], percentile(0.025, differences), percentile(0.975, differences)], absolute: 1e-12)
    #expect(Bootstrap(values, columns: 2)[1] == .mean(values.indices.filter { $0 % 2 == 1 }.map { values[$0] }))
  }

  @Test("on the same images a difference is surer than intervals side by side tell")
  func paired() {
    let bootstrap = Bootstrap(values(images: 200), columns: 2)
    let (first, second) = (bootstrap[0], bootstrap[1])
    let difference = bootstrap.difference(smaller: 1, larger: 0)
    #expect(difference.low > 0 && difference.value == first.value - second.value)
    let unpaired =
      ((first.high - first.low) * (first.high - first.low)
      + (second.high - second.low) * (second.high - second.low)).squareRoot()
    #expect(difference.high - difference.low < 0.9 * unpaired)
    #expect(bootstrap.difference(smaller: 1, larger: 1) == Estimate(0))
  }
}
