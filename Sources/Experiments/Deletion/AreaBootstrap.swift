import Maps

/// The areas under the curves of a deletion benchmark, and what they would be on other images: on data sets drawn from its
/// images with replacement (B. Efron, *Bootstrap Methods*, 1979).
///
/// A draw b is N indices of the N images. The area of curve c in it is A_c(b) = 1/N Σ_i a_c(i) over the drawn images i, a_c(i)
/// being the area under image i's own curve; the area is linear, so that this is the area under the mean curve. All curves share
/// the draws. So D(b) = A_c(b) − A_d(b) compares two curves on the *same* images, and what makes an image hard for both cancels
/// out: a paired bootstrap. An interval ends at the percentiles 2.5 and 97.5 of A_c(b), or of D(b).
///
/// Cost: resamples × images × curves additions.
public struct AreaBootstrap: Sendable {
  private let replacements: Int
  private let series: Int
  /// [replacement][series]
  private let found: [Double]
  /// [draw][replacement][series]
  private let drawn: [[Double]]

  /// - Parameter resamples: the number of draws.
  public init(_ result: DeletionResult, _ score: DeletionResult.Score, resamples: Int = 1000, seed: UInt64 = 0) {
    let (images, fractions) = (result.imageCount, result.fractions)
    replacements = result.replacements.count
    series = result.series.count
    let curves = replacements * series
    // [image][replacement][series]
    var own: [Double] = []
    own.reserveCapacity(images * curves)
    for image in 0..<images {
      for replacement in 0..<replacements {
        for series in 0..<series {
          own.append(
            DeletionResult.area(
              fractions, fractions.indices.map { result.value(score, image, replacement, series, $0) }))
        }
      }
    }
    func mean(_ chosen: some Sequence<Int>) -> [Double] {
      var sums = [Double](repeating: 0, count: curves)
      for image in chosen {
        for curve in 0..<curves { sums[curve] += own[image * curves + curve] }
      }
      return sums.map { $0 / Double(images) }
    }
    found = mean(0..<images)
    var random = SplitMix64(seed: seed)
    drawn = (0..<resamples).map { _ in
      mean((0..<images).map { _ in Int.random(in: 0..<images, using: &random) })
    }
  }

  /// [replacement][series]
  public var areas: [[DeletionResult.Area]] {
    (0..<replacements).map { replacement in
      (0..<series).map { series in
        let curve = replacement * self.series + series
        return Self.interval(found[curve], drawn.map { $0[curve] })
      }
    }
  }

  /// By how much the area of the series `larger` is above that of `smaller`, on the same images.
  public func difference(replacement: Int, smaller: Int, larger: Int) -> DeletionResult.Area {
    let (a, b) = (replacement * series + smaller, replacement * series + larger)
    return Self.interval(found[b] - found[a], drawn.map { $0[b] - $0[a] })
  }

  private static func interval(_ value: Double, _ drawn: [Double]) -> DeletionResult.Area {
    let sorted = drawn.sorted()
    return DeletionResult.Area(
      value: value, low: DeletionResult.percentile(0.025, sorted) ?? value,
      high: DeletionResult.percentile(0.975, sorted) ?? value)
  }
}
