import Foundation
import Rasters
import Saliency
import Synchronization
import TestSupport
import Testing

@testable import Reports

@Suite(.slow) struct ExperimentRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ name: String = "run", options: ReportOptions = ReportOptions()) async throws -> ExperimentRun {
    ExperimentRun(
      name: "small", title: "a network", model: try await smallModel(in: folder), dataset: noise(), options: options,
      folder: folder.file(name), paper: Paper.Experiment(.basicCNN, on: "cifar10"))
  }

  /// Without what differs between two runs of the same: the time.
  private func same(_ experiment: PageExperiment) -> PageExperiment {
    var experiment = experiment
    experiment.making.removeAll { $0.name == "time for deletion" }
    return experiment
  }

  @Test(
    "broken off at any step and gone on with, it ends as one run",
    arguments: ["deletion", "intervals", "checking", "examples"])
  func resumed(step: String) async throws {
    let expected = try await run("whole").run()
    #expect(expected.experiment.checks.contains { $0.name.contains("finite differences") && $0.verdict == .passed })
    let broken = try await run()
    let task = Task {
      try await broken.run { event in
        if case .progress(_, let text) = event, text.contains(step) { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    // A break while the last step writes comes too late to be one.
    if step == "deletion" { await #expect(throws: CancellationError.self) { _ = try await task.value } }
    _ = try? await task.value
    let result = try await run().run()
    #expect(same(result.experiment) == same(expected.experiment) && result.examples == expected.examples)
  }

  @Test("what is done is not done again, but what is damaged is")
  func kept() async throws {
    let first = try await run().run()
    func steps() async throws -> [String] {
      let seen = Mutex<[String]>([])
      let again = try await run().run { event in
        if case .progress(_, let text) = event { seen.withLock { $0.append(text) } }
      }
      #expect(same(again.experiment) == same(first.experiment) && again.examples == first.examples)
      return seen.withLock { $0 }
    }
    #expect(try await steps() == [])
    try Data("{".utf8).write(to: folder.file("run/examples.json"))
    #expect(try await steps().contains { $0.contains("examples") })
    try FileManager.default.removeItem(at: folder.file("run/checks.json"))
    #expect(try await steps().allSatisfy { $0.contains("checking") })
    try FileManager.default.removeItem(at: folder.file("run/experiment.json"))
    #expect(try await !steps().contains { $0.contains("examples") })
  }

  @Test("another model in the same folder is an error")
  func otherModel() async throws {
    _ = try await run().run()
    let other = try await TorchActor.run {
      let file = folder.file("other.safetensors")
      try formulaNetwork(.resNet18, channels: 3, classes: 3, height: 8, width: 8).write(to: file)
      return try ModelChoice.open(file.path)
    }
    let run = ExperimentRun(
      name: "small", title: "another", model: other, dataset: noise(), options: ReportOptions(),
      folder: folder.file("run"))
    await #expect(
      throws: RunFolderError.otherRun(folder: folder.file("run").relativePath, differences: ["model", "batch size"])
    ) { _ = try await run.run() }
  }

  @Test("every number on the page follows from the files beside it")
  func numbers() async throws {
    let report = PageReport(
      title: "A page", paper: .signed, experiments: [try await run("page/small").run().experiment], making: [])
    let html = try Page.html(report)
    let shown = Dictionary(
      html.matches(of: #/data-key="([^"]+)"[^>]*>(?:<span[^>]*>[^<]*</span> )?([^<]*)</#).map {
        (String($0.1), String($0.2))
      }
    ) { first, second in
      #expect(first == second)
      return first
    }
    let page = folder.file("page/small")
    let lines = try String(contentsOf: page.appending(path: "curves.csv"), encoding: .utf8).split(separator: "\n")
      .dropFirst().map { $0.split(separator: ",").map(String.init) }
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: page.appending(path: "summary.json"))) as? [String: Any])
    let areas = try #require(summary["areas"] as? [[String: Any]])
    var expected: [String: String] = [:]
    func number(_ value: Double) -> String { String(format: "%.4f", value) }
    func signed(_ value: Double) -> String { (number(value).hasPrefix("-") ? "−" : "+") + number(abs(value)) }
    func slug(_ attribution: String, _ view: String) -> String {
      attribution == "random" && view == "all" ? "random" : "\(attribution)-\(view)"
    }

    var differences: [Double] = []
    for (curve, rows) in Dictionary(grouping: lines, by: { Array($0[0...2]) }) {
      let key = "small/\(curve[0])/\(slug(curve[1], curve[2]))"
      let points = rows.map { (x: Double($0[3]) ?? 0, y: Double($0[5]) ?? 0, label: $0[3]) }
      // The page's tables of curves have the maps and random pixels.
      if curve[1] != "random" || curve[2] == "all" {
        for point in points { expected["\(key)/accuracy/\(point.label)"] = number(point.y) }
      }
      let area = zip(points, points.dropFirst()).reduce(0) { $0 + ($1.1.x - $1.0.x) * ($1.0.y + $1.1.y) / 2 }
      expected[key] = number(area)
      let row = try #require(
        areas.first {
          $0["metric"] as? String == curve[0] && $0["attribution"] as? String == curve[1]
            && $0["view"] as? String == curve[2]
        })
      let found = try #require((row["auc"] as? [String: [String: Double]])?["accuracy"])
      expectClose([found["value"] ?? 0], [area], absolute: 1e-12)
      expected["\(key)/interval"] = "\(number(found["low"] ?? 0))–\(number(found["high"] ?? 0))"
      let metric = try #require(Replacement(rawValue: curve[0]))
      let paper = curve[1] == "gradient" ? Paper.Experiment(.basicCNN, on: "cifar10").area(metric, view: curve[2]) : nil
      expected["\(key)/paper"] = paper.map(number) ?? "–"
      expected["\(key)/difference"] = paper.map { signed(area - $0) } ?? "–"
      differences += paper.map { [area - $0] } ?? []
    }
    // The verdicts follow from the differences and their intervals, and those are differences of the areas.
    let claims = try #require(summary["claims"] as? [[String: Any]])
    #expect(claims.map { $0["subject"] as? String } == ["order", "controls", "order", "controls"])
    for claim in claims {
      let (metric, subject) = (claim["metric"] as? String ?? "", claim["subject"] as? String ?? "")
      let comparisons = try #require(claim["comparisons"] as? [[String: Any]])
      #expect(comparisons.count == (subject == "order" ? 4 : 5))
      var found: [String] = []
      for comparison in comparisons {
        func key(_ side: String) -> String {
          let series = comparison[side] as? [String: Any] ?? [:]
          func part(_ name: String) -> String { series[name] as? String ?? "" }
          let map = "\(part("attribution"))-\(part("view"))"
          return ["map": map, "random": "random", "randomAsMany": "random-\(map)"][part("kind")] ?? ""
        }
        let place = "small/\(metric)/\(key("smaller"))/below/\(key("larger"))"
        let difference = try #require(comparison["difference"] as? [String: Double])
        let (value, low, high) = (difference["value"] ?? 0, difference["low"] ?? 0, difference["high"] ?? 0)
        func area(_ side: String) -> Double { Double(expected["small/\(metric)/\(key(side))"] ?? "") ?? .nan }
        expectClose([value], [area("larger") - area("smaller")], absolute: 1.01e-4)
        let verdict =
          low > 1e-9 ? "holds" : high < -1e-9 ? "does not hold" : "not shown with this many images"
        let isNeeded = comparison["isNeeded"] as? Bool == true
        if isNeeded { found.append(verdict) }
        expected[place] = signed(value)
        expected["\(place)/interval"] = "\(signed(low)) to \(signed(high))"
        expected["\(place)/verdict"] = verdict + (isNeeded ? "" : ", too close in the paper")
      }
      let words = ["does not hold", "not shown with this many images"].first { found.contains($0) }
      expected["small/\(metric)/\(subject)"] =
        words.map { word in "\(word) (\(found.count { $0 == word }) of \(found.count) comparisons)" } ?? "holds"
      #expect(claim["verdict"] as? String == words ?? "holds")
    }
    expected["small/farthest"] = try signed(#require(differences.max { abs($0) < abs($1) }))
    let accuracy = try #require(summary["accuracy"] as? Double)
    expected["small/images"] = "12"
    expected["small/accuracy"] = number(accuracy)
    expected["small/accuracy/paper"] = "0.6301"
    expected["small/accuracy/difference"] = signed(accuracy - 0.6301)
    // One batch of 128 holds them all.
    expected["small/accuracy/batches"] = number(accuracy)
    expected["small/accuracy/printed"] = "0.6307"
    // Wilson's interval as the roots of (p − a)² = z² p (1 − p) / n.
    let (n, z) = (12.0, 1.959963984540054)
    let (a, b, c) = (1 + z * z / n, -(2 * accuracy + z * z / n), accuracy * accuracy)
    let root = (b * b - 4 * a * c).squareRoot()
    expected["small/accuracy/interval"] = "\(number((-b - root) / (2 * a)))–\(number((-b + root) / (2 * a)))"
    // What the charts show under the pointer.
    let json = try #require(html.components(separatedBy: "id=\"page-data\">").last).prefix { $0 != "<" }
    let data = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let charts = try #require(data["charts"] as? [String: [String: Any]])
    #expect(charts.count == 2)
    for metric in ["black", "white"] {
      let chart = try #require(charts["chart-small-\(metric)-0"])
      let curves = try #require(chart["lines"] as? [[String: Any]])
      #expect(curves.count == 6)
      for curve in curves {
        let name = try #require(curve["name"] as? String)
        let rows = lines.filter {
          $0[0] == metric && ($0[2] == name && $0[1] == "gradient" || $0[2] == "all" && name == "random")
        }
        #expect(curve["values"] as? [Double] == rows.map { Double($0[5]) ?? .nan })
        #expect(chart["fractions"] as? [Double] == rows.map { Double($0[3]) ?? .nan })
      }
    }
    let mean = differences.map { abs($0) }.reduce(0, +) / Double(differences.count)
    #expect(html.contains("differ from the paper’s by \(number(mean)) on average"))
    #expect(Set(shown.keys) == Set(expected.keys))
    for (key, text) in expected { #expect(shown[key] == text, "\(key)") }
  }
}
