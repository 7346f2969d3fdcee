/// How well a map finds a known set of pixels.
public struct PixelScore: Sendable, Equatable {
  /// With k the number of pixels in the set: the share of the set among the k highest values of the map, 0…1. As many pixels are
  /// asked for as there are, so it is precision and recall at once (R-precision).
  public let precision: Double

  /// Σ (r_i − r_{i−1}) p_i over the map's different values from the highest down, p_i and r_i being precision and recall of the
  /// pixels with at least that value: the area under the curve of precision over recall, 0…1. (As in scikit-learn.)
  public let averagePrecision: Double

  /// The share of the opposite set, pixels that must change the other way, among the same k pixels; nil without such a set.
  public let wrongSign: Double?

  /// The share of the set among the pixels where the map is above zero; 0 if it is zero everywhere.
  public let shownPrecision: Double

  /// The share of the set's pixels where the map is above zero.
  public let shownRecall: Double

  /// The set's share of all pixels: what a map of random values has for its precision.
  public let chance: Double

  /// Scores a map, one value per pixel. Equal values count as if they stood in a random order.
  ///
  /// - Precondition: the set has at least one pixel, and as many entries as the map.
  public init(_ map: [Float], against set: [Bool], opposite: [Bool]? = nil) {
    let size = set.count { $0 }
    precondition(size > 0 && set.count == map.count, "a map is scored against some of its own pixels")
    let order = map.indices.sorted { map[$0] > map[$1] }
    var (seen, found, area, top, wrong) = (0, 0, 0.0, 0.0, 0.0)
    var start = 0
    while start < order.count {
      let value = map[order[start]]
      var end = start
      while end < order.count, map[order[end]] == value { end += 1 }
      let group = order[start..<end]
      let hits = group.count { set[$0] }
      // Of a group that the k pixels do not hold whole, the expected share.
      let share = Double(min(max(size - seen, 0), group.count)) / Double(group.count)
      top += share * Double(hits)
      wrong += share * Double(opposite.map { opposite in group.count { opposite[$0] } } ?? 0)
      seen += group.count
      found += hits
      area += Double(hits) / Double(size) * Double(found) / Double(seen)
      start = end
    }
    precision = top / Double(size)
    wrongSign = opposite.map { _ in wrong / Double(size) }
    averagePrecision = area
    let shown = map.indices.filter { map[$0] > 0 }
    let right = Double(shown.count { set[$0] })
    shownPrecision = shown.isEmpty ? 0 : right / Double(shown.count)
    shownRecall = right / Double(size)
    chance = Double(size) / Double(set.count)
  }
}
