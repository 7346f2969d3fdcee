import Experiments
import Figures
import Foundation
import Maps

/// A page of results as a document to print: the same numbers in tables, the curves and examples as figures fit for a paper.
struct ReportDocument {
  private let report: PageReport
  private let examples: [String: PageExamples]
  /// The experiments' grids of examples.
  private let grids: [(experiment: PageExperiment, figures: [GridFigure])]

  /// - Throws: `PictureError` where an example's picture is damaged.
  init(_ report: PageReport, _ examples: [String: PageExamples]) throws {
    self.report = report
    self.examples = examples
    grids = try report.experiments.compactMap { experiment in
      try examples[experiment.name].map { (experiment, try $0.figures(of: experiment.heading)) }
    }
  }

  var document: Document {
    Document(
      title: report.title, subtitle: report.experiments.map(\.heading).joined(separator: " · "),
      blocks: summary + accuracy + deletion + curves + gridBlocks + checks + making)
  }

  private var summary: [Document.Block] {
    [.heading("Summary")] + report.headlines.map { .paragraph($0) } + verdicts
      + report.problems.map { .paragraph($0) }
      + report.missing.map { .paragraph($0.what + ($0.command.map { " Get it with: \($0)" } ?? "")) }
      + [
        .paragraph(
          "A saliency map gives every pixel of an image a number: how much the score of the predicted class would change if "
            + "the pixel changed a little. Four more maps keep the sign, and compare the classes:")
      ]
      + Views.paper.map { .item(mark: "•", title: $0.name, text: $0.meaning) }
      + [
        .paragraph(
          "The test of the maps: delete the pixels that a map ranks first and ask the classifier again. Pixels that should get "
            + "brighter must hurt most when they turn black and least when they turn white; pixels that should get darker the "
            + "other way round; the original map must lie between them.")
      ]
  }

  /// A mark for every claim of every experiment.
  private var verdicts: [Document.Block] {
    report.experiments.flatMap { experiment in
      experiment.claims.map { claim in
        .item(
          mark: claim.verdict.sign, title: "\(experiment.heading), \(claim.metric)-deletion",
          text: "\(claim.subject.title): \(claim.summary)")
      }
    }
  }

  private var isSpread: Bool { report.experiments.contains { $0.accuracy.spread != nil } }
  private var intervalTitle: String { isSpread ? "± over seeds" : "95% interval" }

  private var accuracy: [Document.Block] {
    var columns: [Table.Column] = [
      .init("model and data set"), .init("images", .right), .init("accuracy", .right), .init(intervalTitle, .right),
    ]
    if report.comparesWithPaper { columns += [.init("paper", .right), .init("difference", .right)] }
    return [
      .heading("Accuracy"),
      .table(
        Table(
          label: "Table 1",
          caption: "Share of the test images whose predicted class is the true one. "
            + (isSpread
              ? "Means over models trained from different seeds, ± their standard deviation."
              : "Intervals: E. B. Wilson’s, 1927."),
          columns: columns,
          rows: report.experiments.map {
            .cells(
              [
                $0.heading, Text.count($0.images), Text.number($0.accuracy.value), Text.interval($0.accuracy),
                Text.optional($0.paperAccuracy), Text.difference($0.accuracy.value, $0.paperAccuracy),
              ])
          })),
    ]
  }

  private var deletion: [Document.Block] {
    let metrics = report.experiments.flatMap(\.metrics).unique
    return [.heading("Deletion")]
      + metrics.enumerated().map { turn, metric in
        let areas = report.experiments.map { experiment in
          (experiment.heading, experiment.attributions.count, experiment.areas.filter { $0.metric == metric })
        }
        let hasPaper = areas.contains { $0.2.contains { $0.paper != nil } }
        var columns: [Table.Column] = [
          .init("deleted pixels"), .init("should be"), .init("area", .right), .init(intervalTitle, .right),
        ]
        if hasPaper { columns += [.init("paper", .right), .init("difference", .right)] }
        return .table(
          Table(
            label: "Table \(turn + 2)",
            caption:
              "\(metric.capitalized)-deletion: the area under the curve of the accuracy while a growing fraction of the "
              + "pixels is deleted, by the trapezoid rule. A map never deletes a pixel whose saliency is zero; random pixels "
              + "are the controls."
              + (hasPaper && report.experiments.contains { $0.name.hasPrefix("imagenette") }
                ? " For Imagenette the paper’s areas are read off its figures." : ""),
            columns: columns,
            rows: areas.flatMap { heading, attributions, areas in
              [.group(heading)] + areas.map { Self.row($0, namesAttribution: attributions > 1) }
            }))
      } + differences(label: "Table \(metrics.count + 2)")
  }

  /// What the verdicts rest on.
  private func differences(label: String) -> [Document.Block] {
    let judged = report.experiments.filter { !$0.claims.isEmpty }
    guard !judged.isEmpty else { return [] }
    return [
      .table(
        Table(
          label: label,
          caption:
            "Differences of the areas, in the direction that is claimed: the whole 95% interval above 0, from 1,000 bootstrap "
            + "samples of the images that both areas share, means that it holds, below 0 that it does not."
            + (isSpread ? " Means over trainings; what holds does so in each of them." : ""),
          columns: [.init("should be"), .init("by", .right), .init(intervalTitle, .right), .init("verdict")],
          rows: judged.flatMap(Self.differences)))
    ]
  }

  private static func differences(_ experiment: PageExperiment) -> [Table.Row] {
    let namesAttribution = experiment.attributions.count > 1
    return experiment.claims.flatMap { claim in
      [.group("\(experiment.heading), \(claim.metric)-deletion: \(claim.subject.title)")]
        + claim.comparisons.map {
          .cells([
            $0.title(namesAttribution: namesAttribution), Text.signed($0.difference.value),
            Text.signedInterval($0.difference), $0.verdict.rawValue + ($0.isNeeded ? "" : ", too close in the paper"),
          ])
        }
    }
  }

  private static func row(_ area: PageArea, namesAttribution: Bool) -> Table.Row {
    .cells([
      area.map.title(namesAttribution: namesAttribution), area.isLowGood.map { $0 ? "low" : "high" } ?? "",
      Text.number(area.estimate.value), Text.interval(area.estimate), Text.optional(area.paper),
      Text.difference(area.estimate.value, area.paper),
    ])
  }

  /// A figure for every metric, with a plot for every experiment and attribution.
  private var curves: [Document.Block] {
    let metrics = report.experiments.flatMap(\.metrics).unique
    return metrics.enumerated().map { turn, metric in
      let plots = report.experiments.flatMap { experiment in
        experiment.chartCurves.filter { $0.metric == metric }.map { chart in
          CurveFigure.Plot(
            title: experiment.heading + (experiment.attributions.count > 1 ? ", \(chart.attribution)" : ""),
            xLabel: "fraction of pixels deleted", yLabel: "accuracy",
            series: chart.curves.map { curve in
              CurveFigure.Series(
                name: curve.map.title(namesAttribution: false), style: curve.map.style,
                points: zip(curve.fractions, curve.accuracy).map { .init(x: $0, y: $1) })
            }, yRange: 0...1)
        }
      }
      let paper = ["black": "3", "white": "4"][metric].map { "; Figure \($0) of the paper" } ?? ""
      return .figure(
        Document.Figure(
          name: "\(metric)-deletion", label: "Figure \(turn + 1)",
          caption:
            "\(metric.capitalized)-deletion: the accuracy while the pixels that each map ranks first turn \(metric)"
            + (report.comparesWithPaper ? paper : "") + ".",
          figure: CurveFigure(plots: plots)))
    }
  }

  private var gridBlocks: [Document.Block] {
    guard !grids.isEmpty else { return [] }
    let first = report.experiments.flatMap(\.metrics).unique.count + 1
    var figures: [Document.Block] = []
    for (experiment, parts) in grids {
      for (part, figure) in parts.enumerated() {
        figures.append(
          .figure(
            Document.Figure(
              name: "examples-\(experiment.name)" + (parts.count > 1 ? "-\(part + 1)" : ""),
              label: "Figure \(first + figures.count)",
              caption:
                "\(experiment.heading): the image as the classifier sees it, the probability of its class, and its maps. "
                + (examples[experiment.name]?.choice ?? "")
                + (experiment.paperAccuracy == nil ? "" : " Figures 1 and 2 and Appendix A of the paper."),
              figure: figure)))
      }
    }
    let last = first + figures.count - 1
    return [
      .heading("Examples"),
      .paragraph(
        (last == first ? "Figure \(first) shows" : "Figures \(first) to \(last) show")
          + " all maps of some images. Black is nothing, then red, yellow and white; each map has a scale of its own."),
    ] + figures
  }

  private var checks: [Document.Block] {
    let checked = report.experiments.filter { !$0.checks.isEmpty }
    guard !checked.isEmpty else { return [] }
    return [.heading("Self-audit")]
      + checked.flatMap { experiment in
        [.heading(experiment.heading, level: 2)]
          + experiment.checks.map { check in
            .item(mark: check.verdict.sign, title: check.name, text: check.detail)
          }
      }
  }

  private var making: [Document.Block] {
    func items(_ facts: [PageFact]) -> [Document.Block] {
      facts.map { .item(mark: "•", title: $0.name, text: $0.value) }
    }
    return [.heading("How this was made")] + items(report.making)
      + report.experiments.filter { !$0.making.isEmpty }.flatMap {
        [.heading($0.heading, level: 2)] + items($0.making)
      }
  }
}
