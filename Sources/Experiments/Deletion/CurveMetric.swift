import Foundation

/// A metric that gives every image a curve, and its area or mean as a score, for every map.
///
/// - `rise-deletion` and `rise-insertion`: V. Petsiuk, A. Das, K. Saenko, *RISE*, 2018. The softmax probability of the class
///   predicted for the untouched image, while pixels, most salient first, turn into the replacement, or turn from the
///   replacement into themselves. Score: the area under the curve over 0…1 by the trapezoid rule.
/// - `sensitivity-n`: M. Ancona et al., *Towards better understanding of gradient-based attribution methods*, 2018. Pearson's
///   correlation, over random sets of n pixels, of the map's sum over the set and the fall of the class's logit when the set
///   turns black. Score: the mean over the values of n.
public struct CurveMetric: Sendable, Equatable, Codable {
  public enum Kind: String, Sendable, Codable, CaseIterable {
    case riseDeletion = "rise-deletion"
    case riseInsertion = "rise-insertion"
    case sensitivityN = "sensitivity-n"
  }

  public let kind: Kind
  public let replacement: Replacement
  /// For RISE: into how many equal steps all pixels are cut.
  public let steps: Int?
  /// For sensitivity-n: the values of n; nil: see ``counts(of:)``.
  public let sizes: [Int]?
  /// For sensitivity-n: the number of random sets of each size.
  public let samples: Int?

  /// Pixels turn black unless another replacement is given. Cost: at most `steps` forward passes for an image and a map.
  public static func riseDeletion(steps: Int = 32, replacement: Replacement = .black) -> Self {
    Self(kind: .riseDeletion, replacement: replacement, steps: steps, sizes: nil, samples: nil)
  }

  /// Pixels appear in the blurred image unless another replacement is given. Cost: as ``riseDeletion(steps:replacement:)``.
  public static func riseInsertion(steps: Int = 32, replacement: Replacement = .blur) -> Self {
    Self(kind: .riseInsertion, replacement: replacement, steps: steps, sizes: nil, samples: nil)
  }

  /// Cost: `samples` forward passes for an image and a size, which serve all maps.
  ///
  /// - Parameter sizes: ascending; nil: twelve from 1 to 80% of the pixels, in equal ratios.
  public static func sensitivityN(sizes: [Int]? = nil, samples: Int = 100) -> Self {
    Self(kind: .sensitivityN, replacement: .black, steps: nil, sizes: sizes, samples: samples)
  }

  /// The numbers of pixels at which the curve is measured: ⌊k·P/N + ½⌋ for k = 0…N, or the values of n.
  public func counts(of pixels: Int) -> [Int] {
    if let steps {
      return (0...steps).map { Ranking.count(Double($0) / Double(steps), of: pixels, available: pixels) }
    }
    if let sizes { return sizes }
    let largest = max(1, 0.8 * Double(pixels))
    let spread = (0..<12).map { Int((pow(largest, Double($0) / 11) + 0.5).rounded(.down)) }
    return Array(Set(spread)).sorted()
  }

  /// What is measured at every point.
  public var quantity: String { kind == .sensitivityN ? "correlation" : "probability" }

  /// An image's score from its curve.
  func score(_ values: some Collection<Float>) -> Double {
    let values = values.map(Double.init)
    guard let steps else { return values.reduce(0, +) / Double(values.count) }
    return DeletionResult.area((0...steps).map { Double($0) / Double(steps) }, values)
  }

  func check(pixels: Int) throws {
    if let steps, steps < 1 { throw EvaluationError.tooFewSteps }
    if let samples, samples < 2 { throw EvaluationError.tooFewSamples }
    if let sizes {
      guard let first = sizes.first, let last = sizes.last, first >= 1, last <= pixels,
        zip(sizes, sizes.dropFirst()).allSatisfy(<)
      else { throw EvaluationError.sizes(pixels: pixels) }
    }
  }
}
