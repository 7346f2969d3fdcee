import Maps
import Tensors

/// A block of images that metrics measure: their maps, and a classifier to be asked about the images with some pixels exchanged.
@TorchActor public final class DeletionWork {
  /// What a classifier says of an image: the predicted class, and the probability of that predicted for the untouched image.
  public struct Answer: Sendable {
    public let predicted: Int32
    public let probability: Float
  }

  public let setup: DeletionSetup
  /// Where the images stand in their data set.
  public let range: Range<Int>
  /// What the classifier says of the images as they are.
  public let untouched: [Answer]
  /// The maps [N, H, W] of the setup's series, controls left out.
  public let maps: [Tensor]
  /// The same, behind each attribution's maps the sum of its channels; empty unless a metric asks for sums.
  let mapsAndSums: [Tensor]
  let metrics: [any Metric]
  let referee: Referee?
  let exchange: PixelExchange
  /// What came of the answers that the referee checked.
  var check: AnswerCheck?
  private var kept: [String: Any] = [:]

  init(
    _ setup: DeletionSetup, _ metrics: [any Metric], range: Range<Int>, untouched: [Answer], maps: [Tensor],
    mapsAndSums: [Tensor], exchange: PixelExchange, referee: Referee? = nil
  ) {
    self.setup = setup
    self.metrics = metrics
    self.range = range
    self.untouched = untouched
    self.maps = maps
    self.mapsAndSums = mapsAndSums
    self.exchange = exchange
    self.referee = referee
  }

  /// The images as they are, [N, C, H, W] in 0…1.
  public var images: Tensor { exchange.images }

  /// What several metrics want of the same block, made for the first of them.
  func once<Value>(_ name: String, _ make: () throws -> Value) rethrows -> Value {
    if let value = kept[name] as? Value { return value }
    let value = try make()
    kept[name] = value
    return value
  }

  /// The random order of the images' pixels.
  func random() throws -> Ranking {
    try once("random") {
      try Ranking(random: setup.seed, images: range, pixels: setup.pixels, device: images.device)
    }
  }

  func time<Result>(
    _ phase: WritableKeyPath<DeletionClock.Phases, Double>, _ body: () throws -> Result
  ) rethrows -> Result { try exchange.clock.time(phase, body) }

  /// The logits of some images, a row each, in which pixels are replaced.
  ///
  /// - Parameters:
  ///   - chosen: the images, counted within the block.
  ///   - replacement: what the marked pixels become or, inserting, all others.
  ///   - inserting: whether the marked pixels are those that stay.
  ///   - isMarked: makes the marks of their pixels, [B, H·W], bool.
  public func logits(
    of chosen: [Int], replacing replacement: Replacement, inserting: Bool = false, isMarked: () throws -> Tensor
  ) throws -> Tensor {
    try exchange.logits(
      exchange.changed(exchange.batch(chosen, isMarked: isMarked), values(of: replacement), inserting: inserting))
  }

  func values(of replacement: Replacement) throws -> Tensor {
    try once("values \(replacement.rawValue)") { try exchange.values(of: replacement) }
  }

  /// The answers to all questions, a list for each replacement.
  func answers(
    to questions: DeletionQuestions, _ replacements: [Replacement], _ rankings: [Ranking], inserting: Bool = false,
    progress: (Double) -> Void
  ) throws -> [[Answer]] {
    let items = questions.items
    let values = try replacements.map { try self.values(of: $0) }
    let marks = try DeletionMarks(rankings, images: untouched.count)
    var answers = [[Answer]](repeating: [], count: replacements.count)
    for part in items.batches(of: setup.batchSize) {
      let batch = try exchange.batch(part.map(\.image)) { try marks.marks(part) }
      for (turn, value) in values.enumerated() {
        let logits = try exchange.logits(exchange.changed(batch, value, inserting: inserting))
        answers[turn] += try time(\.answers) { try DeletionBenchmark.answers(logits, classes: classes(of: part)) }
      }
      progress(Double(part.endIndex) / Double(items.count))
    }
    return answers.map { spread($0, over: questions) }
  }

  /// The classes predicted for the untouched images of some items.
  func classes(of items: some Sequence<DeletionQuestions.Item>) -> [Int] {
    items.map { Int(untouched[$0.image].predicted) }
  }

  /// An answer for everything that was asked, of one for each item.
  func spread(_ answers: [Answer], over questions: DeletionQuestions) -> [Answer] {
    let perImage = questions.asked.count / max(1, untouched.count)
    return questions.asked.enumerated().map { index, place in
      place.map { answers[$0] } ?? untouched[index / perImage]
    }
  }
}

/// The pixels that questions are about.
@TorchActor struct DeletionMarks {
  private let places: Tensor
  private let images: Int

  /// - Parameter images: how many each ranking is of.
  init(_ rankings: [Ranking], images: Int) throws {
    places = try Tensor.concatenate(rankings.map(\.places))
    self.images = images
  }

  /// [B, H·W], bool.
  func marks(_ items: some Collection<DeletionQuestions.Item>) throws -> Tensor {
    func column(_ numbers: [Int]) throws -> Tensor {
      try Tensor(numbers.map(Int64.init), shape: [items.count]).to(places.device)
    }
    let counts = try column(items.map(\.count)).to(.int32).reshaped([-1, 1])
    return try places.select(axis: 0, column(items.map { $0.ranking * images + $0.image })).isLess(than: counts)
  }
}

/// Everything that a classifier is asked for, image by image, and every different image among it once.
struct DeletionQuestions {
  /// An image with some pixels exchanged.
  struct Item: Hashable {
    /// Counted within the block.
    let image: Int
    let ranking: Int
    let count: Int
  }

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
