import Foundation

/// The answers for all images, and what follows from them: curves, areas, intervals.
public struct DeletionResult: Sendable {
  public let setup: DeletionSetup
  /// The true class of every image.
  public let labels: [Int32]
  /// All images' answers in their order, see ``DeletionBlock``.
  public let untouched: [Int32]
  public let predicted: [Int32]
  public let probability: [Float]
  public let deleted: [Int32]
  /// The curves of ``DeletionSetup/curveMetrics``, metric by metric: [image][series][point], row-major.
  public let curves: [[Float]]

  /// Puts blocks together.
  ///
  /// - Throws: ``EvaluationError/missingImages(_:)`` when they do not hold every image exactly once.
  public init(_ setup: DeletionSetup, blocks: [DeletionBlock]) throws {
    let blocks = blocks.sorted { $0.images.lowerBound < $1.images.lowerBound }
    var next = 0
    for block in blocks {
      guard block.images.lowerBound == next else { throw EvaluationError.missingImages(next) }
      next = block.images.upperBound
    }
    guard next == setup.images else { throw EvaluationError.missingImages(next) }
    self.setup = setup
    labels = blocks.flatMap(\.labels)
    untouched = blocks.flatMap(\.untouched)
    predicted = blocks.flatMap(\.predicted)
    probability = blocks.flatMap(\.probability)
    deleted = blocks.flatMap(\.deleted)
    curves = (setup.curveMetrics ?? []).indices.map { metric in blocks.flatMap { $0.curves[metric] } }
  }

  var series: [DeletionSeries] { setup.series }
  var fractions: [Double] { setup.fractions }
  var replacements: [Replacement] { setup.replacements }

  /// The classifier's accuracy on the untouched images, 0…1.
  public var accuracy: Double { Double(zip(labels, untouched).count { $0 == $1 }) / Double(imageCount) }

  /// What an image scores after deletion.
  public enum Score: String, Sendable, CaseIterable {
    /// 1 where the predicted class is the true one, as in the paper.
    case accuracy
    /// 1 where it is the class predicted for the untouched image.
    case allegiance
    /// The softmax probability of the class predicted for the untouched image.
    case probability
  }

  public var imageCount: Int { labels.count }

  /// The score of an image at a fraction, 0…1.
  func value(_ score: Score, _ image: Int, _ replacement: Int, _ series: Int, _ fraction: Int) -> Double {
    let place = ((image * replacements.count + replacement) * self.series.count + series) * fractions.count + fraction
    switch score {
    case .accuracy: return predicted[place] == labels[image] ? 1 : 0
    case .allegiance: return predicted[place] == untouched[image] ? 1 : 0
    case .probability: return Double(probability[place])
    }
  }

  /// The mean score of all images at every fraction.
  public func curve(_ score: Score, replacement: Int, series: Int) -> [Double] {
    fractions.indices.map { fraction in
      (0..<imageCount).reduce(0) { $0 + value(score, $1, replacement, series, fraction) } / Double(imageCount)
    }
  }

  /// The mean share of the pixels that were really deleted at every fraction, 0…1.
  public func deletedShare(series: Int) -> [Double] {
    fractions.indices.map { fraction in
      (0..<imageCount).reduce(0) {
        $0 + Double(deleted[($1 * self.series.count + series) * fractions.count + fraction])
      } / Double(imageCount * setup.pixels)
    }
  }

  /// The areas under the curves by the trapezoid rule over the fractions, not divided by their range, as in the paper's
  /// Table 2; with intervals that hold 95% of the areas of resampled data sets, see ``AreaBootstrap``.
  ///
  /// - Returns: [replacement][series].
  public func areas(_ score: Score, resamples: Int = 1000, seed: UInt64 = 0) -> [[Area]] {
    AreaBootstrap(self, score, resamples: resamples, seed: seed).areas
  }

  /// An area, or a mean score, with its 95% interval.
  public struct Area: Sendable, Equatable, Codable {
    public let value: Double
    public let low: Double
    public let high: Double
  }

  /// The trapezoid rule: Σ (x_{i+1} − x_i)(y_i + y_{i+1}) / 2.
  static func area(_ x: [Double], _ y: [Double]) -> Double {
    var total = 0.0
    for index in x.indices.dropFirst() { total += (x[index] - x[index - 1]) * (y[index] + y[index - 1]) / 2 }
    return total
  }

  /// Linear between the two nearest of the sorted values; nil without values.
  static func percentile(_ share: Double, _ sorted: [Double]) -> Double? {
    guard let last = sorted.indices.last else { return nil }
    let place = share * Double(last)
    let (below, above) = (Int(place.rounded(.down)), Int(place.rounded(.up)))
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
  }
}
