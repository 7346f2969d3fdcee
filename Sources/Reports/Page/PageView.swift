import Experiments
import Figures
import Foundation
import Maps

/// What the template shows, ready to be put in: every number is text here.
struct PageView {
  var style = ""
  var styleHash = ""
  var script = ""
  var scriptHash = ""
  var data = ""
  let title: String
  let comparesWithPaper: Bool
  /// What of the paper the sections show; nil where it is nothing.
  let accuracySource, deletionSource, examplesSource: String?
  /// Whether the paper has areas of Imagenette that are not in its tables.
  let hasOwnAreas: Bool
  let score: String
  let headlines: [String]
  /// What the paper's views and those that were measured mean.
  let maps: [MapRow]
  let claimRows: [ClaimRow]
  let problems: [String]
  let missing: [PageMissing]
  let documents: [PageDocument]
  let spreadTitle: String
  let spreadNote: String
  /// Where the intervals of differences come from.
  let resampling: String
  let accuracyRows: [AccuracyRow]
  let experiments: [ExperimentView]
  let grids: [GridView]
  let audits: [AuditView]
  let makings: [MakingView]
  // Stored, because Mustache sees stored properties only.
  let hasClaims: Bool
  let hasDocuments: Bool
  let hasExamples: Bool
  let hasChecks: Bool

  struct MapRow {
    let name, meaning, look: String
  }

  struct ClaimRow {
    let name, dataset, model, images: String
    let first: Verdicts
    let further: [Verdicts]
    let span: Int
    let farthest: Farthest?
  }

  /// What is said of one claim in black- and in white-deletion.
  struct Verdicts {
    let subject: String
    let verdicts: [Verdict]
  }

  struct Verdict {
    let key, kind, sign, text: String
  }

  struct Farthest {
    let key, text, title: String
  }

  struct AccuracyRow {
    let name, dataset, model, images, value, interval, paper, difference, batches, printed: String
  }

  struct AuditView {
    let heading: String
    let checks: [CheckView]
  }

  struct CheckView {
    let name, kind, sign, verdict, detail: String
  }

  struct MakingView {
    let heading: String?
    let facts: [PageFact]
  }

  init(_ report: PageReport, _ examples: [String: PageExamples]) {
    title = report.title
    comparesWithPaper = report.paper != nil
    score = report.experiments.first?.score ?? "accuracy"
    hasOwnAreas = report.paper == .signed
    (accuracySource, examplesSource) =
      report.paper == .signed ? ("Table 1 of the paper", "Figures 1 and 2, Appendix A of the paper") : (nil, nil)
    deletionSource = report.paper.map {
      $0 == .signed ? "Table 2, Figures 3 and 4 of the paper" : "the paper’s later version"
    }
    let explained = Views.paper.map(\.name) + report.experiments.flatMap { $0.areas.map(\.map.view) }
    maps = Views.all.filter { explained.contains($0.name) }.map {
      MapRow(name: $0.name, meaning: $0.meaning, look: MapName(Gradient(), $0).style.key)
    }
    headlines = report.headlines
    problems = report.problems
    claimRows = report.experiments.filter { !$0.claims.isEmpty }.map(Self.claimRow)
    missing = report.missing
    documents = report.documents
    let isSpread = report.experiments.contains { $0.accuracy.spread != nil }
    spreadTitle = isSpread ? "± over seeds" : "95% interval"
    spreadNote =
      isSpread
      ? "Means over models trained from different seeds, ± their standard deviation."
      : "Intervals: Wilson’s for the accuracy, 1,000 bootstrap samples of the images for the areas below."
    resampling =
      "1,000 bootstrap samples of the images, the same for both areas" + (isSpread ? ", in each of the trainings" : "")
    accuracyRows = report.experiments.map {
      AccuracyRow(
        name: $0.name, dataset: $0.dataset, model: $0.model, images: Text.count($0.images),
        value: Text.number($0.accuracy.value), interval: Text.interval($0.accuracy),
        paper: Text.optional($0.paperAccuracy), difference: Text.difference($0.accuracy.value, $0.paperAccuracy),
        batches: Text.number($0.batchAccuracy), printed: Text.optional($0.printedAccuracy))
    }
    experiments = report.experiments.map(ExperimentView.init)
    grids = report.experiments.compactMap { experiment in
      examples[experiment.name].map { GridView(experiment, $0) }
    }
    audits = report.experiments.filter { !$0.checks.isEmpty }.map { experiment in
      AuditView(heading: experiment.heading, checks: experiment.checks.map(Self.check))
    }
    makings =
      [MakingView(heading: nil, facts: report.making)]
      + report.experiments.filter { !$0.making.isEmpty }.map { MakingView(heading: $0.heading, facts: $0.making) }
    (hasClaims, hasDocuments) = (!claimRows.isEmpty, !documents.isEmpty)
    (hasExamples, hasChecks) = (!grids.isEmpty, !audits.isEmpty)
  }

  private static func claimRow(_ experiment: PageExperiment) -> ClaimRow {
    let rows = [OrderClaim.Subject.order, .controls].filter { subject in
      experiment.claims.contains { $0.subject == subject }
    }.map { subject in
      Verdicts(
        subject: subject.title,
        verdicts: ["black", "white"].map { metric in
          let claim = experiment.claims.first { $0.subject == subject && $0.metric == metric }
          return Verdict(
            key: "\(experiment.name)/\(metric)/\(subject.rawValue)", kind: claim?.verdict.kind ?? "quiet",
            sign: claim?.verdict.sign ?? "–", text: claim?.summary ?? "not measured")
        })
    }
    return ClaimRow(
      name: experiment.name, dataset: experiment.dataset, model: experiment.model,
      images: Text.count(experiment.images), first: rows[0], further: Array(rows.dropFirst()), span: rows.count,
      farthest: experiment.farthestFromPaper.map { area, difference in
        Farthest(
          key: "\(experiment.name)/farthest", text: Text.signed(difference),
          title: "\(area.map.view), \(area.metric)-deletion")
      })
  }

  private static func check(_ check: AuditCheck) -> CheckView {
    let kind =
      switch check.verdict {
      case .passed: "good"
      case .failed: "bad"
      case .warning: "fair"
      case .skipped: "quiet"
      }
    return CheckView(
      name: check.name, kind: kind, sign: check.verdict.sign, verdict: check.verdict.rawValue, detail: check.detail)
  }
}

extension OrderClaim.Verdict {
  /// A CSS class.
  var kind: String {
    switch self {
    case .holds: "good"
    case .notShown: "fair"
    case .fails: "bad"
    }
  }
}

extension PageExperiment {
  var heading: String { "\(model) on \(dataset)" }
}
