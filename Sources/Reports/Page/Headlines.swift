import Experiments
import Foundation
import Training

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

extension PageSpread {
  var networks: Int { seeds * epochs }

  private var lengthNote: String {
    length.map { " (of \($0) epochs, where the paper’s have \(Recipe().epochs))" } ?? ""
  }

  /// What was measured, and what the places mean.
  var note: String {
    let (trainings, ends) =
      seeds == 1
      ? ("one training", "training’s last epoch") : ("\(seeds) trainings", "trainings’ last epochs")
    return "Means and standard deviations of \(networks) networks, those of the last \(epochs) epochs of "
      + "\(trainings)\(lengthNote), each on \(Text.images(images)) (the mean is moved by what all images change in the \(ends)). A number of the paper "
      + "lies within the spread where it is at most two standard deviations from the mean, in its tail up to three, outside "
      + "beyond. The maps are in the paper’s order in \(ordered) of \(networks) networks."
  }
}

extension Spread.Place {
  /// A CSS class.
  var kind: String {
    switch self {
    case .within: "good"
    case .tail: "fair"
    case .outside: "bad"
    }
  }
}

extension [PageExperiment] {
  /// Where the paper's areas lie among those of the trained networks, in one sentence; nil where no spread was measured.
  var spreadSentence: String? {
    let spreads = compactMap(\.spread)
    let places = spreads.flatMap(\.areas).compactMap(\.place)
    guard !places.isEmpty else { return nil }
    func count(_ place: Spread.Place) -> Int { places.count { $0 == place } }
    let (ordered, networks) = spreads.reduce((0, 0)) { ($0.0 + $1.ordered, $0.1 + $1.networks) }
    return "Of the paper’s \(places.count) areas \(count(.within)) lie within the spread of our trained networks (two "
      + "standard deviations), \(count(.tail)) in its tail (three) and \(count(.outside)) outside; the maps are in the paper’s "
      + "order in \(ordered) of \(networks) networks."
  }
}
