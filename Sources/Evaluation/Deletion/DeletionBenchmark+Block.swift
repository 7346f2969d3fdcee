import Foundation
import SaliencyCore
import Tensors

extension DeletionBenchmark {
  /// An image with some pixels deleted, which waits for the classifier's answer.
  private struct Item: Hashable {
    /// Counted within the block.
    let image: Int
    let ranking: Int
    let count: Int
  }

  private struct Answer {
    let predicted: Int32
    let probability: Float
  }

  /// Computes a block.
  ///
  /// - Parameters:
  ///   - classifier: what answers for the deleted images: the explained classifier, or a faster copy of it.
  ///   - clock: takes down what the time goes to.
  ///   - progress: called with the share that is done, 0…1.
  /// - Throws: ``TorchError``, ``ClassifierError``; `CancellationError`, before the next batch.
  @TorchActor public func measure(
    _ block: Int, with classifier: any Classifier, clock: DeletionClock = DeletionClock(),
    progress: (Double) -> Void = { _ in }
  ) throws -> DeletionBlock {
    let range = setup.range(of: block)
    let input = try ClassificationReport.batch(range, of: images, for: classifier)
    let shape = input.shape
    let pixels = shape[2] * shape[3]

    let untouched = try clock.time(\.answers) { try self.untouched(input, classifier) }
    let rankings = try rankings(input, range, untouched.map { Int($0.predicted) }, pixels: pixels, clock)
    // Everything that is asked for, and every different image among it once.
    var items: [Item] = []
    var places: [Item: Int] = [:]
    var asked: [Int?] = []
    var deleted: [Int32] = []
    for image in 0..<range.count {
      for series in setup.series {
        let (ranking, limit) = source(of: series, image, rankings)
        for fraction in setup.fractions {
          let count = Ranking.count(fraction, of: pixels, available: limit)
          deleted.append(Int32(count))
          guard count > 0 else {
            asked.append(nil)
            continue
          }
          let item = Item(image: image, ranking: ranking, count: count)
          if let place = places[item] {
            asked.append(place)
          } else {
            places[item] = items.count
            asked.append(items.count)
            items.append(item)
          }
        }
      }
    }

    let answers = try answers(
      to: items, input, Tensor.concatenate(rankings.map(\.places)), untouched.map { Int($0.predicted) }, classifier,
      clock, progress)
    var result = DeletionBlock(
      images: range, labels: labels[range].map(Int32.init), untouched: untouched.map(\.predicted), predicted: [],
      probability: [], deleted: deleted)
    let perImage = setup.series.count * setup.fractions.count
    for image in 0..<range.count {
      for answers in answers {
        for place in asked[image * perImage..<(image + 1) * perImage] {
          let answer = place.map { answers[$0] } ?? untouched[image]
          result.predicted.append(answer.predicted)
          result.probability.append(answer.probability)
        }
      }
    }
    return result
  }

  /// A ranking for every map and, if there are controls, a random one at the end.
  @TorchActor private func rankings(
    _ input: Tensor, _ range: Range<Int>, _ classes: [Int], pixels: Int, _ clock: DeletionClock
  ) throws -> [Ranking] {
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
    return try clock.time(\.ranking) {
      var rankings = try maps[0].indices.map { map in
        try Ranking(Tensor.concatenate(maps.map { $0[map] }), setup.order)
      }
      if setup.series.contains(where: { $0.kind != .map }) {
        rankings.append(try Ranking(random: setup.seed, images: range, pixels: pixels, device: input.device))
      }
      return rankings
    }
  }

  /// The ranking whose pixels a series deletes, and how many it may delete of an image.
  private func source(of series: DeletionSeries, _ image: Int, _ rankings: [Ranking]) -> (ranking: Int, limit: Int) {
    let random = rankings.count - 1
    let map = setup.series.firstIndex {
      $0.kind == .map && $0.attribution == series.attribution && $0.view == series.view
    }
    switch (series.kind, map) {
    case (.map, let map?): return (map, rankings[map].available[image])
    case (.randomAsMany, let map?): return (random, rankings[map].available[image])
    default: return (random, rankings[random].available[image])
    }
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

  /// One list of answers for each replacement.
  @TorchActor private func answers(
    to items: [Item], _ input: Tensor, _ places: Tensor, _ classes: [Int], _ classifier: any Classifier,
    _ clock: DeletionClock, _ progress: (Double) -> Void
  ) throws -> [[Answer]] {
    let (imageCount, shape) = (input.shape[0], input.shape)
    return try Torch.withoutGradient {
      let normalizing = classifier as? any NormalizingClassifier
      // Channels last, as convolutions like them best: [n, H, W, C].
      @TorchActor func prepared(_ images: Tensor) throws -> Tensor {
        let normalized = try normalizing?.preprocessing.normalized(images) ?? images
        return try normalized.permuted([0, 2, 3, 1]).contiguous()
      }
      let values = try setup.replacements.map { try prepared($0.values(for: input)) }
      let input = try prepared(input)
      var answers = [[Answer]](repeating: [], count: setup.replacements.count)
      for start in stride(from: 0, to: items.count, by: setup.batchSize) {
        let batch = items[start..<min(start + setup.batchSize, items.count)]
        @TorchActor func column(_ numbers: [Int]) throws -> Tensor {
          try Tensor(numbers.map(Int64.init), shape: [batch.count]).to(input.device)
        }
        let (rows, chosen, isDeleted) = try clock.time(\.deleting) {
          let rows = try column(batch.map(\.image))
          let counts = try column(batch.map(\.count)).to(.int32).reshaped([-1, 1])
          let isDeleted = try places.select(axis: 0, column(batch.map { $0.ranking * imageCount + $0.image }))
            .isLess(than: counts).reshaped([batch.count, shape[2], shape[3], 1])
          return (rows, try input.select(axis: 0, rows), isDeleted)
        }
        for (turn, value) in values.enumerated() {
          try Task.checkCancellation()
          let deleted = try clock.time(\.deleting) {
            let own = try value.shape[0] == 1 ? value : value.select(axis: 0, rows)
            return try Tensor.choose(own, where: isDeleted, otherwise: chosen).permuted([0, 3, 1, 2])
          }
          answers[turn] += try clock.time(\.answers) {
            let logits = try normalizing?.logits(normalized: deleted) ?? classifier.logits(deleted)
            return try Self.answers(logits, classes: batch.map { classes[$0.image] })
          }
        }
        progress(Double(start + batch.count) / Double(items.count))
      }
      return answers
    }
  }

  /// The predicted class of each row of logits, and the probability of the class given or else of the predicted one.
  private static func answers(_ logits: Tensor, classes: [Int]?) throws -> [Answer] {
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
