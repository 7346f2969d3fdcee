import Figures
import Foundation
import Saliency
import TestSupport
import Testing

@testable import Reports

@Suite(.slow) struct ReportDocumentTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func text(of pdf: URL) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/pdftotext")
    process.arguments = ["-layout", pdf.path, "-"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return String(decoding: data, as: UTF8.self)
  }

  @Test("the PDF has every number of the tables, every check and every fact of the page; each figure stands alone, too")
  func document() async throws {
    let model = try await smallModel(in: folder)
    var job = ModelReport(model, on: noise(), folder: folder.file("out"))
    job.making = [PageFact("command", "saliency report --output out")]
    job.explainer = try await TorchActor.run {
      try Explainer(model.classifier, attributions: [Gradient(), SmoothGrad(.mean, samples: 2)])
    }
    let report = try await job.run()
    let folder = folder.file("out")
    let text = try text(of: folder.appending(path: "report.pdf")).replacing(#/\s+/#, with: " ")
    let experiment = report.experiments[0]
    #expect(experiment.areas.contains { $0.map.attribution == "smoothgrad" })
    #expect(text.contains("random, as many as smoothgrad active"))
    for area in experiment.areas {
      #expect(text.contains("\(Text.number(area.estimate.value)) \(Text.interval(area.estimate))"))
    }
    #expect(text.contains("12 \(Text.number(experiment.accuracy.value)) \(Text.interval(experiment.accuracy))"))
    #expect(experiment.claims.count == 4)
    for claim in experiment.claims {
      #expect(text.contains("\(claim.subject.title): \(claim.summary)"))
      for comparison in claim.comparisons {
        // The words may be broken into lines.
        let difference = "\(Text.signed(comparison.difference.value)) \(Text.signedInterval(comparison.difference))"
        #expect(text.contains(difference + " not shown"))
      }
    }
    #expect(!experiment.checks.isEmpty)
    for check in experiment.checks { #expect(text.contains(check.name)) }
    #expect(
      text.contains("saliency report --output out") && text.contains("libtorch") && !text.contains(" difference "))
    let figures = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "figures").path).sorted()
    let names = ["black-deletion", "examples-measured", "white-deletion"]
    #expect(
      figures == (["captions.txt"] + names.flatMap { name in ["pdf", "png", "svg"].map { "\(name).\($0)" } }).sorted())
    let captions = try String(contentsOf: folder.appending(path: "figures/captions.txt"), encoding: .utf8)
    for name in names { #expect(captions.contains("\(name)\nFigure ")) }
    let page = try String(contentsOf: folder.appending(path: "index.html"), encoding: .utf8)
    #expect(page.contains("<a href=\"report.pdf\">") && page.contains("Self-audit"))
  }

  @Test(
    "a map has one colour, on the page and in the figures, whatever else is shown",
    arguments: [["active"], ["inactive", "active"], ["negative", "positive", "original"]])
  func colours(views: [String]) throws {
    let curves = views.map {
      PageCurve(
        metric: "black", map: MapName(attribution: "gradient", view: $0), fractions: [0, 0.5],
        deleted: [0, 0.5], values: [0.75, Double($0.count) / 20])
    }
    let experiment = PageExperiment(
      name: "e", model: "m", dataset: "d", images: 1, classes: 1, accuracy: Estimate(1),
      areas: curves.map { PageArea(metric: "black", map: $0.map, estimate: Estimate(0.5)) }, curves: curves)
    let report = PageReport(title: "t", experiments: [experiment], making: [])
    let html = try Page.html(report)
    let css = html.components(separatedBy: "@media screen")[0]
    let page = try html.matches(of: #/<g class="(tone-\d)">/#).map { match in
      try #require(css.firstMatch(of: try Regex("\\.\(match.1) \\{ --tone: (#......);"))?.output[1].substring)
    }
    #expect(page == views.map { CurveStyle.palette[CurveStyle.map("gradient", $0).tone].light.hex[...] })
    let figure = try PNGPixels(ReportDocument(report, [:]).document.figures[0].figure.encoded(as: .png))
    let drawn = Set((0..<figure.height).flatMap { y in (0..<figure.width).map { figure[$0, y].hex } })
    let all = CurveStyle.palette.dropFirst().map(\.light.hex)
    #expect(drawn.intersection(all) == Set(page.map(String.init)).intersection(all))
  }

  @Test("the paper's numbers stand beside, where there are any; what is missing is said")
  func paper() throws {
    let map = MapName(attribution: "gradient", view: "active")
    let experiment = PageExperiment(
      name: "imagenette-resnet18", model: "ResNet-18", dataset: "imagenette", images: 3925, classes: 10,
      accuracy: Estimate(0.75, low: 0.7, high: 0.8), paperAccuracy: 0.8327, batchAccuracy: 0.74,
      printedAccuracy: 0.8357,
      areas: [
        PageArea(
          metric: "black", map: map, estimate: Estimate(0.2, low: 0.1, high: 0.3), paper: 0.123, isLowGood: true)
      ],
      curves: [PageCurve(metric: "black", map: map, fractions: [0, 0.5], deleted: [0, 0.4], values: [0.75, 0.1])])
    var report = PageReport(title: "A page", paper: .signed, experiments: [experiment], making: [])
    report.missing = [PageMissing(what: "Nothing else.", command: "saliency data fetch cifar10")]
    let file = folder.file("report.pdf")
    try ReportDocument(report, [:]).document.encoded().write(to: file)
    let text = try text(of: file).replacing(#/\s+/#, with: " ")
    #expect(text.contains("3,925 0.7500 0.7000– 0.8327 −0.0827 0.7400 0.8357"))
    #expect(text.contains("active low 0.2000 0.1000–0.3000 0.1230 +0.0770"))
    #expect(
      text.contains("Nothing else. Get it with: saliency data fetch cifar10")
        && text.contains("that its authors published with their code"))
    #expect(!text.contains("Self-audit") && !text.contains("Examples"))
  }
}
