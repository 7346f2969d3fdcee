import TestSupport
import Testing

@testable import Experiments

@Suite struct EstimateTests {
  @Test("the interval is that of the normal distribution where there are many values")
  func normal() {
    var random = SeededGenerator(seed: 4)
    let values = random.floats(400, in: 0...1).map(Double.init)
    let interval = Estimate.mean(values)
    #expect(interval.value == values.reduce(0, +) / 400)
    // A uniform number has the deviation 1/√12, the mean of 400 of them 1/√4800.
    let half = 1.96 / 4800.0.squareRoot()
    expectClose([interval.low, interval.high], [interval.value - half, interval.value + half], absolute: half / 5)
  }

  @Test(arguments: [(0.0, 10, 0.0, 0.2775), (1.0, 10, 0.7225, 1.0), (0.5, 100, 0.4038, 0.5962)])
  func wilson(share: Double, count: Int, low: Double, high: Double) {
    // Values of R's binom.confint(method = "wilson").
    let interval = Estimate.share(share, of: count)
    expectClose([interval.value, interval.low, interval.high], [share, low, high], absolute: 5e-5)
  }

  @Test(
    "the one-sided bound is that of Clopper and Pearson",
    arguments: [
      (0, 100, 0.029513), (0, 1, 0.95), (1, 10, 0.394163), (5, 100, 0.102253), (9, 10, 0.994884), (10, 10, 1),
    ])
  func upperBound(found: Int, count: Int, bound: Double) {
    // Where all but one are found: 0.95^(1/n); where none is: 1 − 0.05^(1/n); else R's qbeta(0.95, found + 1, count − found).
    expectClose([Estimate.upperBound(found, of: count)], [bound], absolute: 1e-6)
    #expect(Estimate.upperBound(0, of: 0) == 1)
  }

  @Test("of several trainings: mean, sample deviation, lowest and highest")
  func trainings() {
    let estimate = Estimate.mean(ofTrainings: [1, 2, 6].map { Estimate($0, low: 0, high: 9) })
    #expect(estimate == Estimate(3, low: 1, high: 6, spread: 7.0.squareRoot()))
  }

  @Test("equal values leave no doubt")
  func constant() { #expect(Estimate.mean([2, 2, 2]).low == 2 && Estimate.mean([2]).high == 2) }
}
