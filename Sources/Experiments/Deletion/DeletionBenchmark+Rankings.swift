import Maps
import Tensors

extension DeletionBenchmark {
  /// An image with some pixels exchanged, which waits for the classifier's answer.
  private struct Item: Hashable {
    /// Counted within the block.
    let image: Int
    let ranking: Int
    let count: Int
  }

  /// Everything that is asked for, and every different image among it once.
  private struct Questions {
    private(set) var items: [Item] = []
    private(set) var asked: [Int?] = []
    private var places: [Item: Int] = [:]

    /// - Parameter item: nil for the untouched image.
    mutating func ask(_ item: Item?) {
      guard let item else { return asked.append(nil) }
      let place = places[item] ?? items.count
      if place == items.count {
        places[item] = place
        items.append(item)
      }
      asked.append(place)
    }
  }

  /// The answers when pixels become the replacements.
  @TorchActor func measureDeletion(
    _ result: inout DeletionBlock, _ maps: [Tensor], _ untouched: [Answer], _ exchange: PixelExchange,
    _ progress: (Double) -> Void
  ) throws {
    guard !setup.replacements.isEmpty else { return }
    let rankings = try exchange.clock.time(\.ranking) {
      try maps.map { try Ranking($0, setup.order) }
        + (setup.series.contains { $0.kind != .map } ? [random(result.images, exchange.images)] : [])
    }
    var questions = Questions()
    for image in untouched.indices {
      for series in setup.series {
        let (ranking, limit) = source(of: series, image, rankings)
        for fraction in setup.fractions {
          let count = Ranking.count(fraction, of: setup.pixels, available: limit)
          result.deleted.append(Int32(count))
          questions.ask(count > 0 ? Item(image: image, ranking: ranking, count: count) : nil)
        }
      }
    }
    let answers = try answers(
      to: questions.items, setup.replacements, rankings, untouched, exchange, inserting: false, progress)
    let perImage = setup.series.count * setup.fractions.count
    for image in untouched.indices {
      for answers in answers {
        for place in questions.asked[image * perImage..<(image + 1) * perImage] {
          let answer = place.map { answers[$0] } ?? untouched[image]
          result.predicted.append(answer.predicted)
          result.probability.append(answer.probability)
        }
      }
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

  /// The curves of rise-deletion or rise-insertion: [image][series][step].
  @TorchActor func rise(
    _ metric: CurveMetric, _ maps: [Tensor], _ random: Ranking, _ controls: [Ranking], _ untouched: [Answer],
    _ exchange: PixelExchange, _ progress: (Double) -> Void
  ) throws -> [Float] {
    let rankings = try exchange.clock.time(\.ranking) {
      try maps.map { try Ranking($0, setup.order, ties: random) } + controls
    }
    let inserting = metric.kind == .riseInsertion
    // One end of every curve is the untouched image, the other end the same for all maps.
    let (whole, bare) = inserting ? (setup.pixels, 0) : (0, setup.pixels)
    var questions = Questions()
    for image in untouched.indices {
      for ranking in rankings.indices {
        for count in metric.counts(of: setup.pixels) {
          questions.ask(
            count == whole ? nil : Item(image: image, ranking: count == bare ? 0 : ranking, count: count))
        }
      }
    }
    let answers = try answers(
      to: questions.items, [metric.replacement], rankings, untouched, exchange, inserting: inserting, progress)[0]
    let perImage = questions.asked.count / untouched.count
    return questions.asked.enumerated().map { index, place in
      (place.map { answers[$0] } ?? untouched[index / perImage]).probability
    }
  }

  /// One list of answers for each replacement.
  @TorchActor private func answers(
    to items: [Item], _ replacements: [Replacement], _ rankings: [Ranking], _ untouched: [Answer],
    _ exchange: PixelExchange, inserting: Bool, _ progress: (Double) -> Void
  ) throws -> [[Answer]] {
    let places = try Tensor.concatenate(rankings.map(\.places))
    let values = try replacements.map { try exchange.values(of: $0) }
    var answers = [[Answer]](repeating: [], count: replacements.count)
    for start in stride(from: 0, to: items.count, by: setup.batchSize) {
      let part = items[start..<min(start + setup.batchSize, items.count)]
      let batch = try exchange.batch(part.map(\.image)) {
        @TorchActor func column(_ numbers: [Int]) throws -> Tensor {
          try Tensor(numbers.map(Int64.init), shape: [part.count]).to(exchange.images.device)
        }
        let counts = try column(part.map(\.count)).to(.int32).reshaped([-1, 1])
        return try places.select(axis: 0, column(part.map { $0.ranking * untouched.count + $0.image }))
          .isLess(than: counts)
      }
      for (turn, value) in values.enumerated() {
        let logits = try exchange.logits(batch, value, inserting: inserting)
        answers[turn] += try exchange.clock.time(\.answers) {
          try Self.answers(logits, classes: part.map { Int(untouched[$0.image].predicted) })
        }
      }
      progress(Double(start + part.count) / Double(items.count))
    }
    return answers
  }
}
