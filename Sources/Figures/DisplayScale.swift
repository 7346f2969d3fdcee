import Rasters

/// How the values of a map become positions on a colour scale. For display only: rankings and metrics use the map as it is.
public struct DisplayScale: Hashable, Sendable {
  /// The value drawn at 0, the dark end.
  public let low: Float
  /// The value drawn at 1, the bright end.
  public let high: Float

  public init(low: Float, high: Float) {
    self.low = low
    self.high = high
  }

  /// The scale from the smallest value of `map` to its `percentile` (0…100; 100 is the largest value).
  ///
  /// Values that are not finite do not count. Where so few pixels differ from the smallest that the percentile is that value
  /// too, the largest value is the upper end, so that a sparse map is not drawn as an empty one. Cost: one sort.
  public init(of map: Raster<Float>, percentile: Double = 100) {
    let sorted = map.values.filter(\.isFinite).sorted()
    low = sorted.first ?? 0
    let clipped = Self.percentile(percentile, ofSorted: sorted) ?? 0
    high = clipped > low ? clipped : sorted.last ?? 0
  }

  /// (value − low) / (high − low), clamped to 0…1; 0 for every finite value if `high` is not above `low`; NaN where `value`
  /// is not finite.
  public func position(of value: Float) -> Float {
    guard value.isFinite else { return .nan }
    guard high > low else { return 0 }
    // The difference of two floats may be larger than any float.
    let position = (Double(value) - Double(low)) / (Double(high) - Double(low))
    return Float(min(max(position, 0), 1))
  }

  /// The largest magnitude to show in a signed map: the `percentile` (0…100) of the finite values' magnitudes, or the largest
  /// magnitude if that percentile is 0.
  public static func limit(of map: Raster<Float>, percentile: Double = 100) -> Float {
    let magnitudes = map.values.filter(\.isFinite).map { abs($0) }.sorted()
    let clipped = Self.percentile(percentile, ofSorted: magnitudes) ?? 0
    return clipped > 0 ? clipped : magnitudes.last ?? 0
  }

  /// The `percentile` (0…100), linear between neighbours as NumPy's default; `nil` if there are no numbers.
  static func percentile(_ percentile: Double, ofSorted sorted: [Float]) -> Float? {
    guard let last = sorted.indices.last else { return nil }
    let share = percentile >= 0 ? min(percentile, 100) / 100 : 0
    let place = share * Double(last)
    let below = Int(place)
    let (a, b) = (Double(sorted[below]), Double(sorted[min(below + 1, last)]))
    return Float(a + (b - a) * (place - Double(below)))
  }
}
