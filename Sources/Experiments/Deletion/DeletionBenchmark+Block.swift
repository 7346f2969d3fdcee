import Foundation
import Maps
import Tensors

extension DeletionBenchmark {
  struct Answer {
    let predicted: Int32
    let probability: Float
  }

  /// What answers for the changed images: the explained classifier, or its copy that computes in ``DeletionSetup/precision``.
  @TorchActor public func answering() throws -> any Classifier {
    guard setup.precision == .mixed, let layered = explainer.classifier as? any LayeredClassifier else {
      return explainer.classifier
    }
    return try layered.inMixedPrecision()
  }

  /// Computes a block.
  ///
  /// - Parameters:
  ///   - classifier: ``answering()``, made once for all blocks.
  ///   - clock: takes down what the time goes to.
  ///   - progress: called with the share that is done, 0…1.
  /// - Throws: ``TorchError``, ``ClassifierError``; `CancellationError`, before the next batch.
  @TorchActor public func measure(
    _ block: Int, with classifier: any Classifier, clock: DeletionClock = DeletionClock(),
    progress: (Double) -> Void = { _ in }
  ) throws -> DeletionBlock {
    let range = setup.range(of: block)
    let input = try ClassificationReport.batch(range, of: images, for: classifier)
    let untouched = try clock.time(\.answers) { try self.untouched(input, explainer.classifier) }
    let all = try maps(input, range, untouched.map { Int($0.predicted) }, clock)
    let maps = zip(setup.explained, all).filter { $0.0.view != ChannelSum.viewName }.map(\.1)

    return try Torch.withoutGradient {
      let exchange = try PixelExchange(input, classifier, clock)
      var result = DeletionBlock(
        images: range, labels: labels[range].map(Int32.init), untouched: untouched.map(\.predicted), predicted: [],
        probability: [], deleted: [])
      let total = Double(setup.mostPasses + metrics.reduce(0) { $0 + setup.mostPasses(for: $1) })
      var done = setup.mostPasses
      try measureDeletion(&result, maps, untouched, exchange) { progress($0 * Double(done) / total) }
      guard !metrics.isEmpty else { return result }
      let random = try random(range, input)
      for metric in metrics {
        let passes = setup.mostPasses(for: metric)
        let report = { (share: Double) in progress((Double(done) + share * Double(passes)) / total) }
        let controls = setup.series(of: metric).contains { $0.kind == .random } ? [random] : []
        result.curves.append(
          metric.kind == .sensitivityN
            ? try sensitivity(metric, all, controls, range, untouched, exchange, report)
            : try rise(metric, maps, random, controls, untouched, exchange, report))
        done += passes
      }
      return result
    }
  }

  private var metrics: [CurveMetric] { setup.curveMetrics ?? [] }

  @TorchActor func random(_ range: Range<Int>, _ input: Tensor) throws -> Ranking {
    try Ranking(random: setup.seed, images: range, pixels: setup.pixels, device: input.device)
  }

  /// The maps [N, H, W] of ``DeletionSetup/explained``.
  @TorchActor private func maps(
    _ input: Tensor, _ range: Range<Int>, _ classes: [Int], _ clock: DeletionClock
  ) throws -> [Tensor] {
    var maps: [[Tensor]] = []
    // Gradients take more memory than answers, and a batch of them serves all maps.
    for start in stride(from: 0, to: range.count, by: setup.batchSize) {
      try Task.checkCancellation()
      let part = start..<min(start + setup.batchSize, range.count)
      let indices = part.map { range.lowerBound + $0 }
      maps.append(
        try clock.time(\.maps) {
          try explainer.maps(input[part], classes: Array(classes[part]), indices: indices)
        })
    }
    return try maps[0].indices.map { map in try Tensor.concatenate(maps.map { $0[map] }) }
  }

  @TorchActor private func untouched(_ input: Tensor, _ classifier: any Classifier) throws -> [Answer] {
    try Torch.withoutGradient {
      try stride(from: 0, to: input.shape[0], by: setup.batchSize).flatMap { start in
        try Task.checkCancellation()
        let part = try input[start..<min(start + setup.batchSize, input.shape[0])]
        return try Self.answers(classifier.logits(part), classes: nil)
      }
    }
  }

  /// The predicted class of each row of logits, and the probability of the class given or else of the predicted one.
  static func answers(_ logits: Tensor, classes: [Int]?) throws -> [Answer] {
    let classCount = logits.shape[1]
    let values = try logits.floats()
    return try (0..<logits.shape[0]).map { row in
      let scores = values[row * classCount..<(row + 1) * classCount]
      var (best, highest) = (0, -Float.infinity)
      for (index, score) in scores.enumerated() where score > highest { (best, highest) = (index, score) }
      guard highest.isFinite else { throw ClassifierError.notFinite(what: "logits") }
      let total = scores.reduce(0) { $0 + exp($1 - highest) }
      let chosen = scores[scores.startIndex + (classes?[row] ?? best)]
      return Answer(predicted: Int32(best), probability: exp(chosen - highest) / total)
    }
  }
}

extension DeletionSetup {
  /// The most images that the classifier is asked about for one of the images, for the pixels that become a replacement.
  fileprivate var mostPasses: Int { replacements.count * series.count * fractions.count }

  /// The same for a metric.
  fileprivate func mostPasses(for metric: CurveMetric) -> Int {
    let counts = metric.counts(of: pixels).count
    return counts * (metric.samples ?? series(of: metric).count)
  }
}
