import Foundation

/// A number with what is known of its uncertainty.
public struct Estimate: Sendable, Equatable, Codable {
  public var value: Double
  /// The ends of a 95% interval over the images; of several trainings, the lowest and the highest.
  public var low: Double
  public var high: Double
  /// The standard deviation over models trained from different seeds; nil: it is of one.
  public var spread: Double?

  public init(_ value: Double, low: Double? = nil, high: Double? = nil, spread: Double? = nil) {
    self.value = value
    self.low = low ?? value
    self.high = high ?? value
    self.spread = spread
  }

  /// For files: the value and its interval.
  var columns: [String] { ["\(value)", "\(low)", "\(high)"] }

  /// The mean of some images' scores, with the interval that holds 95% of the means of images drawn from them with replacement; see
  /// ``Bootstrap``.
  ///
  /// - Precondition: there is at least one value.
  public static func mean(_ values: [Double]) -> Estimate { Bootstrap(values, columns: 1)[0] }

  /// The mean and the sample standard deviation of at least two trainings' numbers.
  public static func mean(ofTrainings estimates: [Estimate]) -> Estimate {
    let values = estimates.map(\.value)
    let spread = Spread(values)
    return Estimate(spread.mean, low: values.min(), high: values.max(), spread: spread.deviation)
  }

  /// A share of `count` images, with the 95% interval of E. B. Wilson, *Probable Inference*, 1927.
  public static func share(_ share: Double, of count: Int) -> Estimate {
    let (n, z) = (Double(count), 1.959963984540054)
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return Estimate(share, low: middle - half, high: middle + half)
  }

  /// The upper end of the one-sided 95% interval of C. J. Clopper and E. S. Pearson, 1934, for a share of which `found` of `count`
  /// were seen: the share at which so few or fewer are seen in 5% of all samples. Of none found, 1 − 0.05^(1/count), about 3/count.
  public static func upperBound(_ found: Int, of count: Int) -> Double {
    guard found < count else { return 1 }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let share = (low + high) / 2
      // The logarithm of the probability of 0, 1, … in turn.
      var (term, sum) = (Double(count) * log1p(-share), 0.0)
      for seen in 0...found {
        sum += exp(term)
        term += log(Double(count - seen) / Double(seen + 1) * share / (1 - share))
      }
      if sum > 0.05 { low = share } else { high = share }
    }
    return high
  }
}
