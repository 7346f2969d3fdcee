import Foundation
import Saliency
import TestSupport
import Testing

@testable import Experiments

/// Attributions and views against each other, from answers that are known.
@Suite @TorchActor struct AttributionGainsTests {
  private let folder: TemporaryFolder
  private let model: ModelChoice.Opened

  init() throws {
    folder = try TemporaryFolder()
    let file = folder.file("model.safetensors")
    try formulaNetwork(.basicCNN, channels: 1, classes: 2, height: 8, width: 8).write(to: file)
    model = try ModelChoice.open(file.path)
  }

  private func run() throws -> DeletionRun {
    let explainer = try Explainer(
      model.classifier, attributions: [Gradient(), GradientXInput()], views: [Original(), Positive()])
    let benchmark = try DeletionBenchmark(
      explainer, images: Noise(count: 8, classes: 2, height: 8, width: 8, channels: 1), metrics: [Accuracy(.white)],
      fractions: [0, 1], controls: false)
    return try DeletionRun(benchmark, model: model)
  }

  /// All images are right at first; in the end `right` of the eight for each of the four maps.
  private func report(right: [Int]) throws -> DeletionReport {
    let run = try run()
    let classes = (0..<8).flatMap { image in right.flatMap { [0, image < $0 ? 0 : 1] as [Int32] } }
    let block = DeletionBlock(
      images: 0..<8, labels: Array(repeating: 0, count: 8), untouched: Array(repeating: 0, count: 8),
      answers: [
        MetricAnswers(
          values: Array(repeating: 1, count: 64), classes: classes, deleted: Array(repeating: 0, count: 64))
      ])
    return DeletionReport(
      run.settings, try DeletionResult(run.settings.setup, metrics: [Accuracy(.white)], blocks: [block]))
  }

  @Test("better is further in the direction that is good for the map, on the same images")
  func gains() throws {
    // Areas 0.5, 1, 1, 0.75. In white-deletion all should be low but the gradient's positive map, with which evidence is not compared.
    let report = try report(right: [0, 8, 8, 4])
    let maps = report.settings.setup.series
    func gain(_ map: Int, _ rival: DeletionReport.Rival) -> Double? {
      report.gain(maps[map], over: rival, metric: 0)?.value
    }
    #expect(maps.map(\.slug) == ["gradient", "gradient-x-input"].flatMap { ["\($0)-original", "\($0)-positive"] })
    #expect((0..<4).map { gain($0, .gradient) } == [nil, nil, -0.5, nil])
    #expect((0..<4).map { gain($0, .original) } == [nil, 0.5, nil, 0.25])
    let table = report.gains(.gradient).lines
    #expect(table.dropFirst() == [["gradient-x-input original", "−0.5000 ✗"]])
    #expect(report.gains(.original).lines.dropFirst().map { $0[1] } == ["+0.5000 ✓", "+0.2500 ✓"])
    // A difference of half of the images is one of which some draws have none.
    let paired = try #require(report.gain(maps[3], over: .original, metric: 0))
    #expect(paired.low < 0.25 && paired.high > 0.25 && paired.low > 0)
  }

  @Test("for programs and for people")
  func files() throws {
    let report = try report(right: [8, 8, 8, 8])
    #expect(report.gains(.gradient).lines[1][1] == "+0.0000  ")
    let lines = report.attributionNumbers.lines
    #expect(
      lines[2] == ["white", "gradient", "positive", "high", "1.0", "1.0", "1.0", "", "", "", "0.0", "0.0", "0.0", ""])
    let page = try #require(report.findings.files().first { $0.name == "attributions.html" })
    let text = String(decoding: page.data, as: UTF8.self)
    #expect(text.contains("<td class=\"name\">gradient-x-input positive</td><td>low</td><td>1.0000</td>"))
    #expect(text.contains("model.safetensors"))
  }

  @Test("what an image takes by each attribution survives interruptions and merging; earlier folders do not tell")
  func seconds() async throws {
    let run = try run()
    let opened = try run.open(folder.file("run"))
    _ = try await run.measure(in: opened)
    let result = try #require(try run.result(in: opened))
    let seconds = try #require(result.attributionSeconds)
    #expect(Set(seconds.keys) == ["gradient", "gradient-x-input"] && seconds.values.allSatisfy { $0 > 0 })
    let merged = try DeletionRun.merge([folder.file("run")], into: folder.file("merged")).result
    #expect(merged.attributionSeconds == seconds)
    let blocks = DeletionBlocks(folder: folder.file("merged"))
    let first = try #require(try blocks.block(0, run.settings.setup, [Accuracy(.white)]))
    try blocks.write(first, 0, [Accuracy(.white)])
    #expect(try blocks.attributionSeconds(run.settings.setup) == nil)
    try blocks.write(first, 0, [Accuracy(.white)], seconds: [1, .nan])
    #expect(try blocks.attributionSeconds(run.settings.setup) == nil)
  }

  @Test("what stands in a table is text on its page")
  func escaping() {
    let table = Table(caption: "<b>", [["a&b", "\"x\""], ["<script>", "'\u{301}"]])
    #expect(
      table.html.contains("&lt;script&gt;") && table.html.contains("a&amp;b") && table.html.contains("&#39;\u{301}"))
    #expect(!table.html.contains("<b>") && !table.html.contains("<script>"))
  }
}
