import Experiments
import Foundation
import Maps

/// What the template shows, ready to be put in: every number is text here. Mustache sees stored properties only.
struct PageView {
  var style = ""
  var styleHash = ""
  var script = ""
  var scriptHash = ""
  var data = ""
  let report: PageReport
  let comparesWithPaper: Bool
  /// Whether it is the paper itself, which has accuracies and examples, too, and areas of Imagenette that are not in its tables.
  let isSigned: Bool
  let score: String
  let headlines: [String]
  /// What the paper's views and those that were measured mean.
  let maps: [(name: String, meaning: String, look: String)]
  let claimRows: [ClaimRow]
  let problems: [String]
  /// Whether the numbers are means over trainings.
  let isSpread: Bool
  let spreadTitle: String
  let accuracyRows: [AccuracyRow]
  let experiments: [ExperimentView]
  let grids: [GridView]
  let audits: [(heading: String, checks: [(check: AuditCheck, kind: String, sign: String)])]
  let makings: [(heading: String?, facts: [PageFact])]

  struct ClaimRow {
    let name, dataset, model, images: String
    let first: Verdicts
    let further: [Verdicts]
    let span: Int
    let farthest: (text: String, title: String)?
  }

  /// What is said of one claim in black- and in white-deletion.
  struct Verdicts {
    let subject: String
    let verdicts: [(key: String, kind: String, sign: String, text: String)]
  }

  struct AccuracyRow {
    let name, dataset, model, images, value, interval, paper, difference, batches, printed: String
  }

  init(_ report: PageReport, _ examples: [String: PageExamples]) {
    self.report = report
    comparesWithPaper = report.paper != nil
    score = report.experiments.first?.score ?? "accuracy"
    isSigned = report.paper == .signed
    let explained = Views.paper.map(\.name) + report.experiments.flatMap { $0.areas.map(\.map.view) }
    maps = Views.all.filter { explained.contains($0.name) }.map {
      (name: $0.name, meaning: $0.meaning, look: MapName(Gradient(), $0).style.key)
    }
    headlines = report.headlines
    problems = report.problems
    claimRows = report.experiments.filter { !$0.claims.isEmpty }.map(Self.claimRow)
    isSpread = report.experiments.contains { $0.accuracy.spread != nil }
    spreadTitle = isSpread ? "± over seeds" : "95% interval"
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
      (
        heading: experiment.heading,
        checks: experiment.checks.map { (check: $0, kind: $0.verdict.kind, sign: $0.verdict.sign) }
      )
    }
    makings =
      [(heading: nil, facts: report.making)]
      + report.experiments.filter { !$0.making.isEmpty }.map { (heading: $0.heading, facts: $0.making) }
  }

  private static func claimRow(_ experiment: PageExperiment) -> ClaimRow {
    let rows = [OrderClaim.Subject.order, .controls].filter { subject in
      experiment.claims.contains { $0.subject == subject }
    }.map { subject in
      Verdicts(
        subject: subject.title,
        verdicts: ["black", "white"].map { metric in
          let claim = experiment.claims.first { $0.subject == subject && $0.metric == metric }
          return (
            key: "\(experiment.name)/\(metric)/\(subject.rawValue)", kind: claim?.verdict.kind ?? "quiet",
            sign: claim?.verdict.sign ?? "–", text: claim?.summary ?? "not measured"
          )
        })
    }
    return ClaimRow(
      name: experiment.name, dataset: experiment.dataset, model: experiment.model,
      images: Text.count(experiment.images), first: rows[0], further: Array(rows.dropFirst()), span: rows.count,
      farthest: experiment.farthestFromPaper.map { area, difference in
        (text: Text.signed(difference), title: "\(area.map.view), \(area.metric)-deletion")
      })
  }
}

extension AuditCheck.Verdict {
  /// A CSS class.
  fileprivate var kind: String {
    switch self {
    case .passed: "good"
    case .failed: "bad"
    case .warning: "fair"
    case .skipped: "quiet"
    }
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
