import Foundation

/// The summary in sentences, computed from the numbers.
enum Headlines {
  static func sentences(_ report: PageReport) -> [String] {
    let judged = report.experiments.filter { !$0.claims.isEmpty }
    var sentences: [String] = []
    if let only = judged.first, judged.count == 1 {
      let verdict =
        only.claims.allSatisfy(\.holds)
        ? "The maps keep the order that the paper claims" : "The maps do not all keep the order that the paper claims"
      sentences.append("\(verdict), \(metrics(only)), measured on \(count(only.images)) of \(only.dataset).")
    } else if judged.count > 1 {
      let held = judged.count { $0.claims.allSatisfy(\.holds) }
      let range = (judged.map(\.images).min() ?? 0, judged.map(\.images).max() ?? 0)
      let images =
        range.0 == range.1 ? "\(count(range.0)) each" : "\(Text.count(range.0)) to \(count(range.1)) each"
      sentences.append(
        "The maps keep the order that the paper claims, in black- and in white-deletion, "
          + (held == judged.count ? "for all \(held)" : "for \(held) of \(judged.count)")
          + " pairs of model and data set, measured on \(images).")
    }
    let farthest = report.experiments.compactMap { experiment in
      experiment.farthestFromPaper.map { (experiment, $0.area, $0.difference) }
    }.max { abs($0.2) < abs($1.2) }
    if let (experiment, area, difference) = farthest {
      let differences = report.experiments.flatMap { $0.differencesFromPaper.map { abs($0.difference) } }
      let mean = differences.reduce(0, +) / Double(differences.count)
      sentences.append(
        "The areas under the curves differ from the paper’s by \(Text.number(mean)) on average and by "
          + "\(Text.number(abs(difference))) at most (\(experiment.heading), \(area.series.metric)-deletion, "
          + "\(area.series.view)).")
    }
    return sentences
  }

  static func failures(_ report: PageReport) -> [String] {
    report.experiments.flatMap { experiment in
      experiment.claims.flatMap { claim in
        claim.pairs.filter { $0.verdict == .fails }.map { pair in
          "\(experiment.heading), \(claim.metric)-deletion: \(pair.smaller) has \(Text.number(pair.values.smaller)), not less "
            + "than \(pair.larger) with \(Text.number(pair.values.larger))."
        }
      }
    }
  }

  private static func metrics(_ experiment: PageExperiment) -> String {
    let names = experiment.claims.map { "\($0.metric)-deletion" }
    return names.count == 2 ? "in black- and in white-deletion" : "in \(names.joined())"
  }

  private static func count(_ images: Int) -> String { images == 1 ? "1 image" : "\(Text.count(images)) images" }
}

extension PageReport {
  /// The summary in sentences, without markup.
  public var headlines: [String] { Headlines.sentences(self) }

  /// A sentence for every comparison that does not come out as the paper claims.
  package var failures: [String] { Headlines.failures(self) }
}
