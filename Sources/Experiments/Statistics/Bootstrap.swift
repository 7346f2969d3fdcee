import Maps

/// The means of some columns of numbers, a row for every image, and what they would be on other images: on data sets drawn from
/// them with replacement (B. Efron, *Bootstrap Methods*, 1979).
///
/// A draw b is N indices of the N images. The mean of column c in it is A_c(b) = 1/N Σ_i a_c(i) over the drawn images i. All columns
/// share the draws, so that D(b) = A_c(b) − A_d(b) compares two columns on the *same* images, and what makes an image hard for both
/// cancels out: a paired bootstrap. Other columns with as many images and the same seed have the same draws, too. An interval ends
/// at the percentiles 2.5 and 97.5 of A_c(b), or of D(b).
///
/// An area under a curve is linear, so that the mean of the images' areas is the area under their mean curve.
///
/// Cost: draws × images × columns additions.
public struct Bootstrap: Sendable {
  private let found: [Double]
  /// [draw][column]
  private let drawn: [[Double]]

  /// - Parameter values: [image][column], row-major.
  /// - Precondition: there is at least one image.
  public init(_ values: [Double], columns: Int, draws: Int = 1000, seed: UInt64 = 0) {
    precondition(columns > 0 && !values.isEmpty && values.count % columns == 0, "a mean needs values")
    let images = values.count / columns
    func mean(_ chosen: some Sequence<Int>) -> [Double] {
      var sums = [Double](repeating: 0, count: columns)
      for image in chosen {
        for column in 0..<columns { sums[column] += values[image * columns + column] }
      }
      return sums.map { $0 / Double(images) }
    }
    found = mean(0..<images)
    var random = SplitMix64(seed: seed)
    drawn = (0..<draws).map { _ in
      mean((0..<images).map { _ in Int.random(in: 0..<images, using: &random) })
    }
  }

  /// The mean of a column.
  public subscript(column: Int) -> Estimate { Self.estimate(found[column], drawn.map { $0[column] }) }

  /// By how much the mean of the column `larger` is above that of `smaller`, on the same images.
  public func difference(smaller: Int, larger: Int) -> Estimate {
    Self.estimate(found[larger] - found[smaller], drawn.map { $0[larger] - $0[smaller] })
  }

  private static func estimate(_ value: Double, _ drawn: [Double]) -> Estimate {
    let sorted = drawn.sorted()
    return Estimate(value, low: percentile(0.025, sorted), high: percentile(0.975, sorted))
  }

  /// Linear between the two nearest of the sorted values; nil without values.
  static func percentile(_ share: Double, _ sorted: [Double]) -> Double? {
    guard let last = sorted.indices.last else { return nil }
    let place = share * Double(last)
    let (below, above) = (Int(place.rounded(.down)), Int(place.rounded(.up)))
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
