import Foundation
import Maps
import Tensors

extension DeletionBenchmark {
  /// What answers for the changed images: the explained classifier, or its copy that computes in bfloat16, with the referee
  /// that checks it where ``DeletionSetup/precision`` asks for one.
  @TorchActor func answering() throws -> Answering {
    let whole = explainer.classifier
    guard let layered = whole as? any LayeredClassifier else { return Answering(classifier: whole) }
    switch setup.precision {
    case .mixed: return Answering(classifier: try layered.inMixedPrecision())
    case .checked where metrics.contains(where: { $0 is Accuracy }):
      return Answering(classifier: whole, referee: try referee(layered.inMixedPrecision()))
    default: return Answering(classifier: whole)
    }
  }

  /// Computes a block.
  ///
  /// - Parameters:
  ///   - answering: ``answering()``, made once for all blocks.
  ///   - clock: takes down what the time goes to.
  ///   - progress: called with the share that is done, 0…1.
  /// - Throws: ``TorchError``, ``ClassifierError``; `CancellationError`, before the next batch.
  @TorchActor func measure(
    _ block: Int, with answering: Answering, clock: DeletionClock = DeletionClock(),
    progress: (Double) -> Void = { _ in }
  ) throws -> DeletionBlock {
    let range = setup.range(of: block)
    let work = try work(range, answering, clock)
    return try Torch.withoutGradient {
      var result = DeletionBlock(
        images: range, labels: labels[range].map(Int32.init), untouched: work.untouched.map(\.predicted))
      let total = Double(metrics.reduce(0) { $0 + $1.passes(in: setup) })
      var done = 0
      for metric in metrics {
        let passes = metric.passes(in: setup)
        result.answers.append(
          try metric.measure(work) { progress((Double(done) + $0 * Double(passes)) / total) })
        done += passes
      }
      result.check = work.check
      return result
    }
  }

  /// Some images and their maps, made ready for the metrics.
  @TorchActor func work(_ range: Range<Int>, _ answering: Answering, _ clock: DeletionClock) throws -> DeletionWork {
    let input = try ClassificationReport.batch(range, of: images, for: explainer.classifier)
    let untouched = try clock.time(\.answers) { try self.untouched(input, explainer.classifier) }
    let all = try maps(input, range, untouched.map { Int($0.predicted) }, clock)
    let names = addsSums ? setup.mapsAndSums : []
    let maps = addsSums ? zip(names, all).filter { setup.series.contains($0.0) }.map(\.1) : all
    return try Torch.withoutGradient {
      DeletionWork(
        setup, metrics, range: range, untouched: untouched, maps: maps, mapsAndSums: addsSums ? all : [],
        exchange: try PixelExchange(input, answering.classifier, clock), referee: answering.referee)
    }
  }

  /// The maps [N, H, W] of the explainer.
  @TorchActor private func maps(
    _ input: Tensor, _ range: Range<Int>, _ classes: [Int], _ clock: DeletionClock
  ) throws -> [Tensor] {
    var maps: [[Tensor]] = []
    // Gradients take more memory than answers, and a batch of them serves all maps.
    for part in (0..<range.count).batches(of: setup.batchSize) {
      try Task.checkCancellation()
      let indices = part.map { range.lowerBound + $0 }
      var seconds: [Double] = []
      maps.append(
        try clock.time(\.maps) {
          try explainer.maps(input[part], classes: Array(classes[part]), indices: indices) { seconds.append($0) }
        })
      let seen = zip(explainer.attributions, seconds).filter { !explainer.views(of: $0.0).isEmpty }
      for (place, entry) in seen.enumerated() { clock.add(entry.1, toAttribution: place) }
    }
    return try maps[0].indices.map { map in try Tensor.concatenate(maps.map { $0[map] }) }
  }

  @TorchActor private func untouched(_ input: Tensor, _ classifier: any Classifier) throws -> [DeletionWork.Answer] {
    try Torch.withoutGradient {
      try (0..<input.shape[0]).batches(of: setup.batchSize).flatMap { part in
        try Task.checkCancellation()
        return try Self.answers(classifier.logits(input[part]), classes: nil)
      }
    }
  }

  /// The predicted class of each row of logits, and the probability of the class given or else of the predicted one.
  static func answers(_ logits: Tensor, classes: [Int]?) throws -> [DeletionWork.Answer] {
    try LogitRow.rows(of: logits).enumerated().map { row, scores in try scores.answer(about: classes?[row]) }
  }
}

/// The logits of one image.
struct LogitRow {
  let scores: ArraySlice<Float>

  static func rows(of logits: Tensor) throws -> [LogitRow] {
    try logits.floats().batches(of: logits.shape[1]).map(LogitRow.init)
  }

  /// - Parameter class: the one whose probability is wanted; nil: the predicted one.
  /// - Throws: ``ClassifierError/notFinite(what:)``.
  func answer(about class: Int?) throws -> DeletionWork.Answer {
    var (best, highest) = (0, -Float.infinity)
    for (index, score) in scores.enumerated() where score > highest { (best, highest) = (index, score) }
    guard highest.isFinite else { throw ClassifierError.notFinite(what: "logits") }
    let total = scores.reduce(0) { $0 + exp($1 - highest) }
    let chosen = scores[scores.startIndex + (`class` ?? best)]
    return DeletionWork.Answer(predicted: Int32(best), probability: exp(chosen - highest) / total)
  }

  /// The places of the highest logit and of the next; of one class, that twice.
  private var highest: (first: Int, second: Int) {
    var (first, second) = (scores.startIndex, scores.endIndex - 1)
    for index in scores.indices.dropFirst() {
      if scores[index] > scores[first] {
        (first, second) = (index, first)
      } else if first == second || scores[index] > scores[second] {
        second = index
      }
    }
    return (first, second)
  }

  /// The difference of the two highest logits.
  var margin: Float { scores[highest.first] - scores[highest.second] }

  /// By how much that difference is another one where they come from `other`.
  func change(in other: LogitRow) -> Float {
    let (first, second) = highest
    let (own, offset) = (scores[first] - scores[second], other.scores.startIndex - scores.startIndex)
    return abs(own - (other.scores[first + offset] - other.scores[second + offset]))
  }
}
