import Foundation
import Saliency
import TestSupport
import Testing

@Suite @TorchActor struct AuditReportTests {
  private func audit(_ name: String) async throws -> AuditReport {
    let settings = ScriptSettings(height: 8, width: 8)
    do {
      let opened = try ModelChoice.open(Fixture.url("torchscript/\(name).pt").path, settings: settings)
      let images = AuditImages.generated(for: opened.classifier.preprocessing, count: 6)
      return try await AuditRun(opened, on: images, named: "6 made-up images").checked()
    } catch let error as ModelChoiceError { return AuditReport(refused: error) }
  }

  @Test("sound models pass", arguments: ["linear", "attention", "float64", "grey", "single-logit"])
  func sound(name: String) async throws {
    let report = try await audit(name)
    #expect(!report.hasFailed && report.model == "\(name).pt" && report.images == "6 made-up images")
    #expect(report.checks.allSatisfy { $0.verdict != .warning })
  }

  @Test(
    "what is wrong with a model is said by the check that it concerns",
    arguments: [
      ("traced-dropout", "model file", AuditCheck.Verdict.failed, "call model.eval()"),
      ("batch-statistics", "model file", .failed, "call model.eval()"),
      ("detached", "model file", .failed, "do not depend differentiably"),
      ("nan", "model file", .failed, "NaN"),
      ("single-sigmoid", "model file", .warning, "a sigmoid"),
      ("batch-four", "model file", .warning, "batches of 4 only"),
      ("softmax", "model file", .warning, "ends in a softmax"),
      ("saturated-softmax", "model file", .warning, "ends in a softmax"),
      ("log-softmax", "model file", .warning, "ends in a log-softmax"),
      ("sign", "gradient is not zero", .failed, "rounds or thresholds"),
      ("half-detached", "gradient against finite differences", .failed, "about 0.50 times"),
      ("rounded", "gradient against finite differences", .failed, "straight-through"),
    ])
  func unsound(name: String, check: String, verdict: AuditCheck.Verdict, words: String) async throws {
    let report = try await audit(name)
    let found = try #require(report.checks.first { $0.name == check })
    #expect(found.verdict == verdict && found.detail.contains(words), Comment(rawValue: "\(found)"))
    #expect(report.hasFailed == (verdict == .failed))
    if check != "model file" { #expect(report.checks[0].verdict == .passed, "nothing is said twice") }
  }

  @Test("in a folder the summary says what was found, and of what")
  func folder() async throws {
    let folder = try TemporaryFolder()
    let opened = try ModelChoice.open(
      Fixture.url("torchscript/linear.pt").path, settings: ScriptSettings(height: 8, width: 8))
    let images = AuditImages.generated(for: opened.classifier.preprocessing, count: 2)
    let audit = try AuditRun(opened, on: images, named: "2 made-up images")
    let kept = try audit.open(folder.file("audit"))
    let report = try await audit.run(in: kept)
    #expect(try kept.write(report.findings) == ["summary.json"])
    #expect(kept.read(AuditReport.self, from: "summary.json") == report)
    #expect(report.findings.text.hasSuffix("\nNothing speaks against the maps of this model."))
  }

  @Test("a report survives JSON")
  func json() async throws {
    let report = try await audit("softmax")
    #expect(try JSONDecoder().decode(AuditReport.self, from: JSONEncoder().encode(report)) == report)
  }
}
