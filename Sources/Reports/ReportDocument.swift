import Experiments
import Figures
import Foundation

/// A page of results as a document to print: the same numbers in tables, the curves and examples as figures fit for a paper.
struct ReportDocument {
  private let report: PageReport
  /// What the page says, in words and numbers.
  private let view: PageView
  private let examples: [String: PageExamples]
  /// The experiments' grids of examples.
  private let grids: [(experiment: PageExperiment, figures: [GridFigure])]

  /// - Throws: `PictureError` where an example's picture is damaged.
  init(_ report: PageReport, _ examples: [String: PageExamples]) throws {
    self.report = report
    view = PageView(report, [:])
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
    [.heading("Summary")] + view.headlines.map { .paragraph($0) } + verdicts
      + view.problems.map { .paragraph($0) }
      + report.missing.map { .paragraph($0.what + ($0.command.map { " Get it with: \($0)" } ?? "")) }
      + [
        .paragraph(
          "A saliency map gives every pixel of an image a number: how much the score of the predicted class would change if "
            + "the pixel changed a little. Further maps keep the sign, and compare the classes:")
      ]
      + view.maps.map { .item(mark: "•", title: $0.name, text: $0.meaning) }
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

  private var accuracy: [Document.Block] {
    let header =
      ["model and data set", "images", "accuracy", view.spreadTitle]
      + (view.isSigned ? ["paper", "difference", "mean of batches", "paper’s Table 1"] : [])
    return [
      .heading("Accuracy"),
      .table(
        Table(
          label: "Table 1",
          caption: "Share of the test images whose predicted class is the true one. "
            + (view.isSpread
              ? "Means over models trained from different seeds, ± their standard deviation."
              : "Intervals: E. B. Wilson’s, 1927.")
            + (view.isSigned
              ? " The paper’s accuracies are those its curves begin with; its Table 1 has means of batches of 128 images."
              : ""),
          [header]
            + view.accuracyRows.map {
              ["\($0.model) on \($0.dataset)", $0.images, $0.value, $0.interval]
                + (view.isSigned ? [$0.paper, $0.difference, $0.batches, $0.printed] : [])
            })),
    ]
  }

  private var deletion: [Document.Block] {
    let metrics = report.experiments.flatMap(\.metrics).unique
    return [.heading("Deletion")]
      + metrics.enumerated().map { turn, metric in
        let tables = view.experiments.flatMap { experiment in
          experiment.tables.filter { $0.metric == metric }.map { (experiment.heading, $0) }
        }
        let hasPaper = tables.contains { $0.1.hasPaper }
        var columns: [Table.Column] = [
          .init("deleted pixels"), .init("should be"), .init("area", .right), .init(view.spreadTitle, .right),
        ]
        if hasPaper { columns += [.init("paper", .right), .init("difference", .right)] }
        return .table(
          Table(
            label: "Table \(turn + 2)",
            caption:
              "\(metric.capitalized)-deletion: the area under the curve of the \(view.score) while a growing fraction of the "
              + "pixels is deleted, by the trapezoid rule. A map never deletes a pixel whose saliency is zero; random pixels "
              + "are the controls."
              + (hasPaper && view.isSigned && report.experiments.contains { $0.name.hasPrefix("imagenette") }
                ? " For Imagenette the paper’s areas are those that its authors published with their code." : ""),
            columns: columns,
            rows: tables.flatMap { heading, table in
              [.group(heading)]
                + table.areaRows.map {
                  .cells([$0.title, $0.goal?.word ?? "", $0.value, $0.interval, $0.paper, $0.difference])
                }
            }))
      } + spreads(first: metrics.count + 2)
  }

  /// The areas over trained networks, and then what the verdicts rest on.
  private func spreads(first: Int) -> [Document.Block] {
    let all = view.experiments.compactMap { experiment in experiment.spread.map { (experiment.heading, $0) } }
    return all.enumerated().map { turn, spread in
      .table(
        Table(
          label: "Table \(first + turn)", caption: "\(spread.0) over trained networks. \(spread.1.note)",
          columns: [
            .init("deleted pixels"), .init("deletion"), .init("mean", .right), .init("deviation", .right),
            .init("paper", .right), .init("deviations away", .right), .init("the paper lies"),
          ],
          rows: spread.1.spreadRows.map {
            .cells([$0.title, $0.metric, $0.mean, $0.deviation, $0.paper, $0.distance, $0.place])
          }))
    } + differences(label: "Table \(first + all.count)")
  }

  /// What the verdicts rest on.
  private func differences(label: String) -> [Document.Block] {
    let judged = view.experiments.filter { !$0.comparisons.isEmpty }
    guard !judged.isEmpty else { return [] }
    return [
      .table(
        Table(
          label: label,
          caption:
            "Differences of the areas, in the direction that is claimed: the whole 95% interval above 0, from 1,000 bootstrap "
            + "samples of the images that both areas share, means that it holds, below 0 that it does not."
            + (view.isSpread ? " Means over trainings; what holds does so in each of them." : ""),
          columns: [.init("should be"), .init("by", .right), .init(view.spreadTitle, .right), .init("verdict")],
          rows: judged.flatMap(Self.differences)))
    ]
  }

  private static func differences(_ experiment: ExperimentView) -> [Table.Row] {
    var claim = ""
    return experiment.comparisons.flatMap { comparison -> [Table.Row] in
      defer { claim = comparison.claim }
      return (claim == comparison.claim ? [] : [.group("\(experiment.heading), \(comparison.claim)")])
        + [.cells([comparison.title, comparison.difference, comparison.interval, comparison.verdict])]
    }
  }

  /// A figure for every metric, with a plot for every experiment and attribution.
  private var curves: [Document.Block] {
    let metrics = report.experiments.flatMap(\.metrics).unique
    return metrics.enumerated().map { turn, metric in
      let plots = report.experiments.flatMap { experiment in
        experiment.charts.filter { $0.metric == metric }.map { chart in
          chart.plot(
            title: experiment.heading + (experiment.attributions.count > 1 ? ", \(chart.attribution)" : ""))
        }
      }
      let paper = ["black": "3", "white": "4"][metric].map { "; Figure \($0) of the paper" } ?? ""
      return .figure(
        Document.Figure(
          name: "\(metric)-deletion", label: "Figure \(turn + 1)",
          caption:
            "\(metric.capitalized)-deletion: the \(view.score) while the pixels that each map ranks first turn \(metric)"
            + (report.paper == .signed ? paper : "") + ".",
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
                + (view.isSigned ? " Figures 1 and 2 and Appendix A of the paper." : ""),
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
    guard !view.audits.isEmpty else { return [] }
    return [.heading("Self-audit")]
      + view.audits.flatMap { audit in
        [.heading(audit.heading, level: 2)]
          + audit.checks.map { .item(mark: $0.sign, title: $0.check.name, text: $0.check.detail) }
      }
  }

  private var making: [Document.Block] {
    [.heading("How this was made")]
      + view.makings.flatMap { part in
        (part.heading.map { [.heading($0, level: 2)] } ?? [])
          + part.facts.map { .item(mark: "•", title: $0.name, text: $0.value) }
      }
  }
}
