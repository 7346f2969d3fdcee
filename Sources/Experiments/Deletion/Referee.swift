import Maps
import Tensors

/// Who is asked about changed images.
struct Answering {
  let classifier: any Classifier
  /// Where only the classes matter and near ties are checked.
  var referee: Referee?
}

/// Answers in bfloat16 for most images, and who decides near ties; see ``AnswerCheck``.
struct Referee {
  /// Computes in bfloat16.
  let fast: any Classifier
  let threshold: Float

  /// The answers that are audited, in an image's questions one after the other.
  static func audit(seed: UInt64, image: Int) -> SplitMix64 {
    SplitMix64(seed: seed ^ 0x5245_4645_5245_45, stream: UInt64(image))
  }
}

extension DeletionBenchmark {
  /// A sample has so many images at most, spread evenly over the data set, and so many questions about each.
  private static let (sampleImages, sampleQuestions) = (8, 32)

  /// The referee whose threshold follows from a sample, the same for every block and every part of a run.
  ///
  /// - Parameter fast: the explained classifier in bfloat16.
  /// - Throws: as ``measure(_:with:clock:progress:)``.
  @TorchActor func referee(_ fast: any Classifier) throws -> Referee {
    let whole = explainer.classifier
    let count = min(Self.sampleImages, max(1, setup.images / 50))
    var largest: Float = 0
    for index in 0..<count {
      let image = index * setup.images / count
      let work = try work(image..<image + 1, Answering(classifier: whole), DeletionClock())
      largest = max(
        largest, try Torch.withoutGradient { try work.largestChange(fast, questions: Self.sampleQuestions) })
    }
    return Referee(fast: fast, threshold: AnswerCheck.safety * largest)
  }
}

extension DeletionWork {
  private var replacements: [Replacement] { metrics.compactMap { ($0 as? Accuracy)?.replacement } }

  /// The most by which the difference of an answer's two highest logits changes from another classifier's arithmetic to this one's.
  fileprivate func largestChange(_ other: any Classifier, questions: Int) throws -> Float {
    let asked = try Accuracy.asked(of: self)
    let (items, marks) = (asked.questions.items, try DeletionMarks(asked.rankings, images: untouched.count))
    let chosen = (0..<min(questions, items.count)).map { items[$0 * items.count / min(questions, items.count)] }
    var largest: Float = 0
    for part in chosen.batches(of: setup.batchSize) {
      let batch = try exchange.batch(part.map(\.image)) { try marks.marks(part) }
      for replacement in replacements {
        let changed = try exchange.changed(batch, values(of: replacement))
        let exact = try LogitRow.rows(of: exchange.logits(changed))
        let rounded = try LogitRow.rows(of: exchange.logits(changed, by: other))
        for (exact, rounded) in zip(exact, rounded) { largest = max(largest, rounded.change(in: exact)) }
      }
    }
    return largest
  }

  /// An answer that is computed again.
  private struct Doubt {
    let replacement: Int
    let item: Int
    let rounded: LogitRow
    let isNear: Bool
    let isAudited: Bool
  }

  /// As ``answers(to:_:_:inserting:progress:)``, the classes right though most come from bfloat16; nil without a referee.
  func checkedAnswers(
    to questions: DeletionQuestions, _ replacements: [Replacement], _ rankings: [Ranking], progress: (Double) -> Void
  ) throws -> [[Answer]]? {
    guard let referee else { return nil }
    let items = questions.items
    let values = try replacements.map { try self.values(of: $0) }
    let marks = try DeletionMarks(rankings, images: untouched.count)
    var check = check ?? AnswerCheck(threshold: referee.threshold)
    var answers = [[Answer]](repeating: [], count: replacements.count)
    var doubts: [Doubt] = []
    var (image, random) = (-1, SplitMix64(seed: 0))
    for part in items.batches(of: setup.batchSize) {
      let batch = try exchange.batch(part.map(\.image)) { try marks.marks(part) }
      let found = try values.map { value in
        let logits = try exchange.logits(exchange.changed(batch, value), by: referee.fast)
        return try time(\.answers) { try LogitRow.rows(of: logits) }
      }
      for (place, item) in zip(part.indices, part) {
        if item.image != image {
          (image, random) = (item.image, Referee.audit(seed: setup.seed, image: range.lowerBound + item.image))
        }
        for (replacement, rows) in found.enumerated() {
          let row = rows[place - part.startIndex]
          answers[replacement].append(try row.answer(about: Int(untouched[image].predicted)))
          let isNear = row.margin < referee.threshold
          let isAudited = Double.random(in: 0..<1, using: &random) < AnswerCheck.auditShare
          check.count(isNear: isNear)
          if isNear || isAudited {
            doubts.append(
              Doubt(
                replacement: replacement, item: place, rounded: row, isNear: isNear, isAudited: isAudited))
          }
        }
      }
      progress(Double(part.endIndex) / Double(items.count))
    }
    try decide(doubts, items, values, marks, &answers, &check)
    self.check = check
    return answers.map { spread($0, over: questions) }
  }

  /// Asks again, full batches of whatever replacement.
  private func decide(
    _ doubts: [Doubt], _ items: [DeletionQuestions.Item], _ values: [Tensor], _ marks: DeletionMarks,
    _ answers: inout [[Answer]], _ check: inout AnswerCheck
  ) throws {
    let doubts = doubts.sorted { ($0.replacement, $0.item) < ($1.replacement, $1.item) }
    for part in doubts.batches(of: setup.batchSize) {
      let changed = try values.enumerated().compactMap { replacement, value -> Tensor? in
        let own = part.filter { $0.replacement == replacement }.map { items[$0.item] }
        guard !own.isEmpty else { return nil }
        return try exchange.changed(exchange.batch(own.map(\.image)) { try marks.marks(own) }, value)
      }
      let all = try changed.count == 1 ? changed[0] : Tensor.concatenate(changed)
      for (doubt, exact) in zip(part, try LogitRow.rows(of: exchange.logits(all))) {
        let answer = try exact.answer(about: Int(untouched[items[doubt.item].image].predicted))
        check.compare(
          change: doubt.rounded.change(in: exact), isAudited: doubt.isAudited,
          isWrong: !doubt.isNear && answers[doubt.replacement][doubt.item].predicted != answer.predicted)
        answers[doubt.replacement][doubt.item] = answer
      }
    }
  }
}
