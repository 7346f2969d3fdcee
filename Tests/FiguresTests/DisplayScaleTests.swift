import Rasters
import Testing

@testable import Figures

@Suite struct DisplayScaleTests {
  private func row(_ values: [Float]) -> Raster<Float> { Raster(height: 1, width: values.count, values: values) }

  @Test("without a clip the smallest value is drawn at 0 and the largest at 1")
  func minMax() {
    let values: [Float] = [2, 4, 3, 6]
    let scale = DisplayScale(of: row(values))
    #expect(values.map(scale.position) == [0, 0.5, 0.25, 1])
    #expect(scale.position(of: 1) == 0)
    #expect(scale.position(of: 7) == 1)
  }

  @Test("a constant map is all zeros", arguments: [0, -2, 5, .leastNonzeroMagnitude] as [Float])
  func constant(value: Float) {
    let scale = DisplayScale(of: row([value, value, value]), percentile: 99.5)
    #expect(scale.position(of: value) == 0)
  }

  @Test("what is not finite neither counts nor crashes")
  func notFinite() {
    let scale = DisplayScale(of: row([.nan, 1, .infinity, 3, -.infinity]))
    #expect(scale == DisplayScale(low: 1, high: 3))
    #expect(scale.position(of: .nan).isNaN)
    #expect(scale.position(of: .infinity).isNaN)
    #expect(DisplayScale(of: row([.nan, .nan])).position(of: 1) == 0)
    #expect(DisplayScale(of: row([])).position(of: 1) == 0)
  }

  @Test("the largest floats do not overflow")
  func extremes() {
    let most = Float.greatestFiniteMagnitude
    let scale = DisplayScale(of: row([-most, most]))
    #expect(scale.position(of: 0) == 0.5)
    #expect(DisplayScale.percentile(50, ofSorted: [-most, most]) == 0)
  }

  // numpy.percentile of the same values.
  @Test(
    "percentiles are linear between neighbours",
    arguments: [
      ([1, 2, 3, 4], 50, 2.5), ([4, 1, 3, 2], 75, 3.25), ([5, 5, 5, 9], 60, 5), ([5, 5, 5, 9], 90, 7.8), ([7], 99.5, 7),
      ([0, 10], 99.5, 9.95), ([1, 2, 3], 0, 1), ([1, 2, 3], 100, 3), ([1, .nan, 3], 50, 2), ([1, 2, 3], 250, 3),
      ([1, 2, 3], -4, 1), ([1, 2, 3], .nan, 1),
    ] as [([Float], Double, Float)])
  func percentiles(values: [Float], percentile: Double, expected: Float) {
    #expect(DisplayScale.percentile(percentile, ofSorted: values.filter(\.isFinite).sorted()) == expected)
  }

  @Test("there is no percentile of nothing")
  func percentileOfNothing() {
    #expect(DisplayScale.percentile(50, ofSorted: []) == nil)
  }

  @Test("a clip lowers the upper end, but never makes a sparse map empty")
  func clip() {
    #expect(DisplayScale(of: row([0, 1, 2, 3, 104]), percentile: 75) == DisplayScale(low: 0, high: 3))
    let sparse = row([Float](repeating: 0, count: 999) + [8])
    #expect(DisplayScale(of: sparse, percentile: 99.5) == DisplayScale(low: 0, high: 8))
    #expect(DisplayScale.limit(of: sparse, percentile: 99.5) == 8)
  }

  @Test("the limit of a signed map counts magnitudes")
  func limit() {
    #expect(DisplayScale.limit(of: row([-4, 1, .nan, 2])) == 4)
    #expect(DisplayScale.limit(of: row([-4, 1, 2]), percentile: 50) == 2)
    #expect(DisplayScale.limit(of: row([0, 0])) == 0)
  }
}
