import Maps

/// The answers for all images, and what follows from them: curves, areas, intervals.
public struct DeletionResult: Sendable {
  public let setup: DeletionSetup
  public let metrics: [any Metric]
  /// The true class of every image.
  public let labels: [Int32]
  /// The class predicted for every untouched image.
  public let untouched: [Int32]
  /// What each metric found about all images in their order.
  public let answers: [MetricAnswers]
  /// How answers in bfloat16 were checked; nil where there are none.
  public let check: AnswerCheck?
  /// What the maps of one image took by each attribution, in seconds of one processor; nil where that is not known.
  public var attributionSeconds: [String: Double]?

  /// Puts blocks together.
  ///
  /// - Parameters:
  ///   - setup: what was measured.
  ///   - metrics: the setup's.
  ///   - blocks: of all images, in any order.
  /// - Throws: ``EvaluationError/missingImages(_:)`` when they do not hold every image exactly once.
  init(_ setup: DeletionSetup, metrics: [any Metric], blocks: [DeletionBlock]) throws {
    let blocks = blocks.sorted { $0.images.lowerBound < $1.images.lowerBound }
    var next = 0
    for block in blocks {
      guard block.images.lowerBound == next else { throw EvaluationError.missingImages(next) }
      next = block.images.upperBound
    }
    guard next == setup.images else { throw EvaluationError.missingImages(next) }
    self.setup = setup
    self.metrics = metrics
    labels = blocks.flatMap(\.labels)
    untouched = blocks.flatMap(\.untouched)
    check = blocks.compactMap(\.check).reduce(nil) { sum, check in
      guard var sum else { return check }
      sum.add(check)
      return sum
    }
    answers = metrics.indices.map { metric in
      blocks.reduce(into: MetricAnswers()) { $0.append($1.answers[metric]) }
    }
  }

  public var imageCount: Int { labels.count }

  /// The classifier's accuracy on the untouched images, 0…1.
  public var accuracy: Double { Double(zip(labels, untouched).count { $0 == $1 }) / Double(imageCount) }

  /// The mean of the accuracies of batches of 128 images in their order, all of the same weight, as the paper's Table 1 was
  /// computed: images of the last, smaller batch count more.
  package var batchAccuracy: Double {
    let batches = (0..<imageCount).batches(of: 128)
    return batches.reduce(0) { sum, batch in
      sum + Double(batch.count { labels[$0] == untouched[$0] }) / Double(batch.count)
    } / Double(batches.count)
  }

  /// What an image scores at a point of a metric's curve.
  public enum Score: Sendable, Equatable {
    /// 1 where the predicted class is the true one, as in the paper.
    case accuracy
    /// 1 where it is the class predicted for the untouched image.
    case allegiance
    /// The metric's ``Metric/quantity``, such as the probability of the class predicted for the untouched image.
    case quantity
  }

  /// The scores that a metric has, the one that counts first, and what they are called.
  public func scores(of metric: Int) -> [(score: Score, name: String)] {
    let own = (Score.quantity, metrics[metric].quantity)
    return metrics[metric].keepsClasses ? [(.accuracy, "accuracy"), (.allegiance, "allegiance"), own] : [own]
  }

  /// What a metric scores, and how many points its curves have.
  func shape(_ metric: Int) -> (series: [MapName], fractions: [Double]) {
    (metrics[metric].series(in: setup), metrics[metric].fractions(in: setup))
  }

  /// - Parameter place: in the metric's arrays.
  private func value(_ score: Score, _ metric: Int, _ image: Int, _ place: Int) -> Double {
    switch score {
    case .accuracy: answers[metric].classes[place] == labels[image] ? 1 : 0
    case .allegiance: answers[metric].classes[place] == untouched[image] ? 1 : 0
    case .quantity: Double(answers[metric].values[place])
    }
  }

  /// The mean of all images' curves.
  ///
  /// - Parameters:
  ///   - score: nil: the one that counts.
  ///   - metric: its place among ``metrics``.
  ///   - series: its place among the metric's.
  public func curve(_ score: Score? = nil, metric: Int, series: Int) -> [Double] {
    let (all, fractions) = shape(metric)
    let score = score ?? scores(of: metric)[0].score
    return fractions.indices.map { point in
      (0..<imageCount).reduce(0) {
        $0 + value(score, metric, $1, ($1 * all.count + series) * fractions.count + point)
      } / Double(imageCount)
    }
  }

  /// The mean share of the pixels that were really deleted at every point, 0…1.
  public func deletedShare(metric: Int, series: Int) -> [Double] {
    let (all, fractions) = shape(metric)
    let deleted = answers[metric].deleted
    guard !deleted.isEmpty else { return fractions.map(metrics[metric].deleted(at:)) }
    return fractions.indices.map { point in
      (0..<imageCount).reduce(0) { $0 + Double(deleted[($1 * all.count + series) * fractions.count + point]) }
        / Double(imageCount * setup.pixels)
    }
  }

  /// What the scores of a metric's series are on other images: each image's own curve is summed up as the metric's
  /// ``Metric/summary`` has it.
  public func bootstrap(
    _ score: Score? = nil, metric: Int, draws: Int = 1000, seed: UInt64 = 0
  ) -> Bootstrap {
    let (series, fractions) = shape(metric)
    let score = score ?? scores(of: metric)[0].score
    let summary = metrics[metric].summary
    var own: [Double] = []
    own.reserveCapacity(imageCount * series.count)
    for first in stride(from: 0, to: imageCount * series.count * fractions.count, by: fractions.count) {
      let image = first / (series.count * fractions.count)
      own.append(summary.score(fractions, fractions.indices.map { value(score, metric, image, first + $0) }))
    }
    return Bootstrap(own, columns: series.count, draws: draws, seed: seed)
  }

  /// The areas under the metric's curves, or their means, with their intervals: one for each of its series.
  public func scores(
    _ score: Score? = nil, metric: Int, draws: Int = 1000, seed: UInt64 = 0
  ) -> [Estimate] {
    let bootstrap = bootstrap(score, metric: metric, draws: draws, seed: seed)
    return shape(metric).series.indices.map { bootstrap[$0] }
  }
}
