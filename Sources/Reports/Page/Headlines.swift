import Experiments
import Foundation

extension PageReport {
  /// The summary in sentences, without markup, computed from the numbers.
  public var headlines: [String] {
    let judged = experiments.filter { !$0.claims.isEmpty }
    let range = (judged.map(\.images).min() ?? 0, judged.map(\.images).max() ?? 0)
    var sentences: [String] = []
    if let only = judged.first, judged.count == 1 {
      sentences = OrderClaim.sentences(only.claims).map { "\($0), on \(Text.images(only.images)) of \(only.dataset)." }
    } else if judged.count > 1 {
      let images =
        range.0 == range.1 ? "\(Text.images(range.0)) each" : "\(Text.count(range.0)) to \(Text.images(range.1)) each"
      sentences = OrderClaim.countingSentences(judged.flatMap(\.claims)).map {
        "\($0), one for each model, data set and colour, on \(images)."
      }
    }
    if let spread = experiments.spreadSentence { sentences.append(spread) }
    let farthest = experiments.compactMap { experiment in
      experiment.farthestFromPaper.map { (experiment, $0.area, $0.difference) }
    }.max { abs($0.2) < abs($1.2) }
    if let (experiment, area, difference) = farthest {
      let differences = experiments.flatMap { $0.differencesFromPaper.map { abs($0.difference) } }
      let mean = differences.reduce(0, +) / Double(differences.count)
      sentences.append(
        "The areas under the curves differ from the paper’s by \(Text.number(mean)) on average and by "
          + "\(Text.number(abs(difference))) at most (\(experiment.heading), \(area.metric)-deletion, "
          + "\(area.map.view)).")
    }
    return sentences
  }

  /// A sentence for every comparison that does not come out as it should.
  var problems: [String] {
    let all = experiments.flatMap { experiment in
      experiment.claims.flatMap { $0.problems(namesAttribution: experiment.attributions.count > 1) }
        .map { "\(experiment.heading), \($0)." }
    }
    return all.prefix(Self.mostProblems)
      + (all.count > Self.mostProblems
        ? ["\(all.count - Self.mostProblems) further comparisons are in the tables."] : [])
  }

  /// More lines of comparisons that do not hold make no summary.
  private static let mostProblems = 12
}
