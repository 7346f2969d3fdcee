import Maps

/// The mean of some images' scores, with the interval that holds 95% of the means of images drawn from them with replacement
/// (B. Efron, *Bootstrap Methods*, 1979, percentiles of 1,000 draws).
public struct MeanInterval: Sendable, Equatable, Codable {
  public let mean: Double
  public let low: Double
  public let high: Double

  /// - Precondition: there is at least one value.
  public init(_ values: [Double], draws: Int = 1000, seed: UInt64 = 0) {
    precondition(!values.isEmpty, "a mean needs values")
    let count = Double(values.count)
    mean = values.reduce(0, +) / count
    var random = SplitMix64(seed: seed)
    let means = (0..<draws).map { _ in
      values.indices.reduce(0) { sum, _ in sum + values[Int.random(in: values.indices, using: &random)] } / count
    }.sorted()
    low = DeletionResult.percentile(0.025, means) ?? mean
    high = DeletionResult.percentile(0.975, means) ?? mean
  }
}
