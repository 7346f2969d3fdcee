import Maps
import Tensors

/// The paper's black- and white-deletion (section 4.2), and the same with other colours: the share of the images that are
/// classified correctly while the pixels that a map ranks first are deleted.
///
/// For an image of P pixels and a fraction f the first k = ⌊f·P + ½⌋ pixels in the map's order are replaced, but never one whose
/// saliency is zero. The score is the area under the curve over the fractions.
///
/// Cost: one forward pass for each different image that comes out, for every replacement.
public struct Accuracy: Metric {
  /// What deleted pixels become.
  public let replacement: Replacement

  public init(_ replacement: Replacement) { self.replacement = replacement }

  public var name: String { replacement.rawValue }
  public var title: String { "\(name.capitalized)-deletion" }
  public var quantity: String { "probability" }
  public var keepsClasses: Bool { true }

  public func isLowGood(_ map: MapName) -> Bool { replacement.hurts(map) }
  public func series(in setup: DeletionSetup) -> [MapName] { setup.series }
  public func fractions(in setup: DeletionSetup) -> [Double] { setup.fractions }
  public func passes(in setup: DeletionSetup) -> Int { setup.series.count * setup.fractions.count }

  public var plot: CurvePlot {
    CurvePlot(
      file: "\(name)-deletion", xLabel: "fraction of pixels deleted", yLabel: "accuracy",
      note:
        "A map never deletes pixels whose saliency is zero: from the fraction where it has run out of pixels its curve is flat."
    )
  }

  public func measure(_ block: DeletionWork, progress: (Double) -> Void) throws -> MetricAnswers {
    // All replacements share the images' marks, and are measured with the first.
    let all = try block.once("accuracy") {
      try Self.measure(block, block.metrics.compactMap { ($0 as? Accuracy)?.replacement }, progress)
    }
    return all[replacement] ?? MetricAnswers()
  }

  @TorchActor private static func measure(
    _ block: DeletionWork, _ replacements: [Replacement], _ progress: (Double) -> Void
  ) throws -> [Replacement: MetricAnswers] {
    let (rankings, questions, deleted) = try asked(of: block)
    let answers =
      try block.checkedAnswers(to: questions, replacements, rankings, progress: progress)
      ?? block.answers(to: questions, replacements, rankings, progress: progress)
    return Dictionary(
      uniqueKeysWithValues: zip(replacements, answers).map { replacement, answers in
        (
          replacement,
          MetricAnswers(values: answers.map(\.probability), classes: answers.map(\.predicted), deleted: deleted)
        )
      })
  }

  /// What a classifier is asked about a block, and how many pixels each question deletes.
  @TorchActor static func asked(
    of block: DeletionWork
  ) throws -> (rankings: [Ranking], questions: DeletionQuestions, deleted: [Int32]) {
    let setup = block.setup
    let rankings = try block.time(\.ranking) {
      try block.maps.map { try Ranking($0, setup.order) }
        + (setup.series.contains(where: \.isControl) ? [block.random()] : [])
    }
    var questions = DeletionQuestions()
    var deleted: [Int32] = []
    for image in block.untouched.indices {
      for series in setup.series {
        let (ranking, limit) = source(of: series, in: setup, image, rankings)
        for fraction in setup.fractions {
          let count = Ranking.count(fraction, of: setup.pixels, available: limit)
          deleted.append(Int32(count))
          questions.ask(count > 0 ? .init(image: image, ranking: ranking, count: count) : nil)
        }
      }
    }
    return (rankings, questions, deleted)
  }

  /// The ranking whose pixels a series deletes, and how many it may delete of an image.
  private static func source(
    of series: MapName, in setup: DeletionSetup, _ image: Int, _ rankings: [Ranking]
  ) -> (ranking: Int, limit: Int) {
    let random = rankings.count - 1
    let map = setup.series.firstIndex(of: series.ownMap)
    switch (series.kind, map) {
    case (.map, let map?): return (map, rankings[map].available[image])
    case (.randomAsMany, let map?): return (random, rankings[map].available[image])
    default: return (random, rankings[random].available[image])
    }
  }
}
