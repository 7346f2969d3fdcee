import TestSupport
import Testing

@testable import Experiments

@Suite struct SpreadTests {
  /// Mean 0, sample deviation 1.
  private let spread = Spread([-1, -1, -1, 1, 1, 1, 0].map { $0 })

  @Test("mean and sample deviation")
  func moments() {
    expectClose([spread.mean, spread.deviation], [0, 1], absolute: 1e-12)
    #expect(Spread([4]).deviation == 0 && Spread([1, 2, 6]) == Spread([6, 2, 1]))
    let moved = spread.moved(by: 3)
    expectClose([moved.mean, moved.deviation, moved.distance(of: 5)], [3, 1, 2], absolute: 1e-12)
  }

  @Test(
    arguments: [
      (0, .within), (1.99, .within), (-1.99, .within), (2.01, .tail), (-2.99, .tail), (3.01, .outside),
      (-9, .outside),
    ] as [(Double, Spread.Place)])
  func place(value: Double, place: Spread.Place) { #expect(spread.place(of: value) == place) }

  @Test("few networks, or equal ones, say nothing of where another lies")
  func few() {
    #expect(Spread([1, 2, 3, 4, 5]).place(of: 3) == nil)
    #expect(Spread([1, 2, 3, 4, 5, 6]).place(of: 3) == .within)
    #expect(Spread(Array(repeating: 1, count: 9)).place(of: 1) == nil)
  }
}
