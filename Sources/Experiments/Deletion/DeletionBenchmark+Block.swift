import Foundation
import Maps
import Tensors

extension DeletionBenchmark {
  /// What answers for the changed images: the explained classifier, or its copy that computes in ``DeletionSetup/precision``.
  @TorchActor func answering() throws -> any Classifier {
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
  @TorchActor func measure(
    _ block: Int, with classifier: any Classifier, clock: DeletionClock = DeletionClock(),
    progress: (Double) -> Void = { _ in }
  ) throws -> DeletionBlock {
    let range = setup.range(of: block)
    let input = try ClassificationReport.batch(range, of: images, for: classifier)
    let untouched = try clock.time(\.answers) { try self.untouched(input, explainer.classifier) }
    let all = try maps(input, range, untouched.map { Int($0.predicted) }, clock)
    let names = addsSums ? setup.mapsAndSums : []
    let maps = addsSums ? zip(names, all).filter { setup.series.contains($0.0) }.map(\.1) : all

    return try Torch.withoutGradient {
      let work = DeletionWork(
        setup, metrics, range: range, untouched: untouched, maps: maps, mapsAndSums: addsSums ? all : [],
        exchange: try PixelExchange(input, classifier, clock))
      var result = DeletionBlock(
        images: range, labels: labels[range].map(Int32.init), untouched: untouched.map(\.predicted))
      let total = Double(metrics.reduce(0) { $0 + $1.passes(in: setup) })
      var done = 0
      for metric in metrics {
        let passes = metric.passes(in: setup)
        result.answers.append(
          try metric.measure(work) { progress((Double(done) + $0 * Double(passes)) / total) })
        done += passes
      }
      return result
    }
  }

  /// The maps [N, H, W] of the explainer.
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

  @TorchActor private func untouched(_ input: Tensor, _ classifier: any Classifier) throws -> [DeletionWork.Answer] {
    try Torch.withoutGradient {
      try stride(from: 0, to: input.shape[0], by: setup.batchSize).flatMap { start in
        try Task.checkCancellation()
        let part = try input[start..<min(start + setup.batchSize, input.shape[0])]
        return try Self.answers(classifier.logits(part), classes: nil)
      }
    }
  }

  /// The predicted class of each row of logits, and the probability of the class given or else of the predicted one.
  static func answers(_ logits: Tensor, classes: [Int]?) throws -> [DeletionWork.Answer] {
    let classCount = logits.shape[1]
    let values = try logits.floats()
    return try (0..<logits.shape[0]).map { row in
      let scores = values[row * classCount..<(row + 1) * classCount]
      var (best, highest) = (0, -Float.infinity)
      for (index, score) in scores.enumerated() where score > highest { (best, highest) = (index, score) }
      guard highest.isFinite else { throw ClassifierError.notFinite(what: "logits") }
      let total = scores.reduce(0) { $0 + exp($1 - highest) }
      let chosen = scores[scores.startIndex + (classes?[row] ?? best)]
      return DeletionWork.Answer(predicted: Int32(best), probability: exp(chosen - highest) / total)
    }
  }
}
