import Testing

@testable import Figures

@Suite struct AxisTests {
  private func labels(_ axis: Axis) -> [String] { axis.ticks.map(axis.label) }

  @Test(
    "ticks are round numbers around the values",
    arguments: [
      ([0.03, 0.63], ["0.0", "0.2", "0.4", "0.6", "0.8"]), ([0.1, 2.3], ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5"]),
      ([-3, 4], ["−4", "−2", "0", "2", "4"]), ([120, 3100], ["0", "1000", "2000", "3000", "4000"]),
      ([0, 1], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), ([-2e-5, 4e-5], ["−2×10⁻⁵", "0", "2×10⁻⁵", "4×10⁻⁵"]),
      ([1e9, 2e9], ["1.0×10⁹", "1.2×10⁹", "1.4×10⁹", "1.6×10⁹", "1.8×10⁹", "2.0×10⁹"]),
    ])
  func round(values: [Double], expected: [String]) {
    let axis = Axis(values: values, wholeSteps: true)
    #expect(labels(axis) == expected)
    #expect(axis.ticks.first == axis.range.lowerBound && axis.ticks.last == axis.range.upperBound)
    #expect(values.allSatisfy { axis.range.contains($0) })
  }

  @Test("without whole steps the range reaches 3% beyond the values, and ticks stay inside")
  func loose() {
    let axis = Axis(values: [1, 51], wholeSteps: false)
    #expect(axis.range == -0.5...52.5)
    #expect(axis.ticks == [0, 10, 20, 30, 40, 50])
    #expect(axis.position(of: -0.5) == 0 && axis.position(of: 52.5) == 1)
  }

  @Test("a fixed range is kept")
  func fixed() {
    let axis = Axis(values: [7], fixed: 0.25...1, wholeSteps: true)
    #expect(axis.range == 0.25...1)
    #expect(labels(axis) == ["0.4", "0.6", "0.8", "1.0"])
  }

  @Test(
    "one value, none, or values that are not finite make an axis all the same",
    arguments: [[], [0], [2.5], [-7], [.nan, .infinity], [.leastNonzeroMagnitude], [1e300, -1e300], [3, .nan, 3]]
      as [[Double]])
  func degenerate(values: [Double]) {
    for wholeSteps in [true, false] {
      let axis = Axis(values: values, wholeSteps: wholeSteps)
      #expect((2...12).contains(axis.ticks.count))
      #expect(axis.range.lowerBound < axis.range.upperBound)
      for value in values where abs(value) < 1e300 { #expect((0...1).contains(axis.position(of: value))) }
    }
  }
}
