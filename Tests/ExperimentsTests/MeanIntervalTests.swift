import TestSupport
import Testing

@testable import Experiments

@Suite struct MeanIntervalTests {
  @Test("the interval is that of the normal distribution where there are many values")
  func normal() {
    var random = SeededGenerator(seed: 4)
    let values = random.floats(400, in: 0...1).map(Double.init)
    let interval = MeanInterval(values)
    #expect(interval.mean == values.reduce(0, +) / 400)
    // A uniform number has the deviation 1/√12, the mean of 400 of them 1/√4800.
    let half = 1.96 / 4800.0.squareRoot()
    expectClose([interval.low, interval.high], [interval.mean - half, interval.mean + half], absolute: half / 5)
  }

  @Test("equal values leave no doubt")
  func constant() { #expect(MeanInterval([2, 2, 2]).low == 2 && MeanInterval([2]).high == 2) }
}
