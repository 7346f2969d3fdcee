import Figures
import Foundation

/// What the template shows, ready to be put in: every number is text here.
package struct PageView {
  var style = ""
  var styleHash = ""
  var script = ""
  var scriptHash = ""
  var data = ""
  let title: String
  let comparesWithPaper: Bool
  let headlines: [String]
  let maps = Self.meanings.map { MapRow(name: $0, meaning: $1, look: CurveStyle.map("gradient", $0).key) }
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

  /// The paper's five maps and what a high value in each means.
  package static let meanings = [
    ("original", "getting brighter or darker, the pixel changes the score most"),
    ("positive", "getting brighter, it raises the score"), ("negative", "getting darker, it raises the score"),
    ("active", "getting brighter, it raises the score more than that of any other class"),
    ("inactive", "getting darker, it raises the score against every other class"),
  ]

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
    let name, dataset, model, images, value, interval, paper, difference: String
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
    comparesWithPaper = report.comparesWithPaper
    headlines = Headlines.sentences(report)
    problems = Headlines.problems(report)
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
        paper: Text.optional($0.paperAccuracy), difference: Text.difference($0.accuracy.value, $0.paperAccuracy))
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
          title: "\(area.series.view), \(area.series.metric)-deletion")
      })
  }

  private static func check(_ check: PageCheck) -> CheckView {
    let (kind, sign) =
      switch check.verdict {
      case .passed: ("good", "✓")
      case .failed: ("bad", "✗")
      case .warning: ("fair", "!")
      case .skipped: ("quiet", "–")
      }
    return CheckView(name: check.name, kind: kind, sign: sign, verdict: check.verdict.rawValue, detail: check.detail)
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
  package var heading: String { "\(model) on \(dataset)" }
}

/// Numbers as the page writes them.
package enum Text {
  package static func number(_ value: Double) -> String { String(format: "%.4f", value) }

  package static func optional(_ value: Double?) -> String { value.map(number) ?? "–" }

  /// With its sign, and the minus that is as wide as a plus.
  package static func signed(_ value: Double) -> String {
    let text = String(format: "%.4f", abs(value))
    return (value < 0 && text != "0.0000" ? "−" : "+") + text
  }

  package static func difference(_ value: Double, _ paper: Double?) -> String {
    paper.map { signed(value - $0) } ?? "–"
  }

  package static func interval(_ estimate: PageEstimate) -> String {
    if let spread = estimate.spread { return "± " + number(spread) }
    guard let low = estimate.low, let high = estimate.high else { return "–" }
    return "\(number(low))–\(number(high))"
  }

  /// The same of a difference: `−0.0010 to +0.0200`.
  package static func signedInterval(_ estimate: PageEstimate) -> String {
    guard estimate.spread == nil, let low = estimate.low, let high = estimate.high else { return interval(estimate) }
    return "\(signed(low)) to \(signed(high))"
  }

  package static func percent(_ share: Double) -> String { String(format: "%.1f%%", 100 * share) }

  /// `10,000`
  package static func count(_ number: Int) -> String {
    var text = String(abs(number))
    var end = text.count - 3
    while end > 0 {
      text.insert(",", at: text.index(text.startIndex, offsetBy: end))
      end -= 3
    }
    return (number < 0 ? "-" : "") + text
  }
}
