import Foundation
import Saliency
import Synchronization
import TestSupport
import Testing

@testable import Experiments

@Suite(.slow) struct GroundTruthRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let settings = {
    var settings = GroundTruthRun.Options()
    (settings.trainingImages, settings.epochs, settings.images) = (64, 1, 10)
    return settings
  }()

  private func run(_ existing: RunFolder.Existing = .refuse, in name: String = "run") throws -> Opened<GroundTruthRun> {
    try Opened(
      GroundTruthRun(Self.settings, attributions: [Gradient(), SmoothGrad(.variance, samples: 2)]),
      in: folder.file(name), existing: existing)
  }

  @Test("interrupted and resumed, it ends as if nothing had happened")
  func resumed() async throws {
    let whole = try await run(in: "whole").run()
    let task = Task {
      try await run(.resume).run {
        if $0.progress?.text.hasPrefix("training, epoch 1 of 1, step 2/2") == true {
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    let path = folder.file("run").relativePath
    #expect(throws: RunFolderError.holdsResults(folder: path)) { try run() }
    #expect(throws: RunFolderError.otherRun(folder: path, differences: ["seed", "attributions"])) {
      var settings = Self.settings
      settings.seed = 1
      return try GroundTruthRun(settings, attributions: [Gradient()]).open(folder.file("run"), existing: .resume)
    }
    let trained = Mutex(0)
    let report = try await run(.resume).run {
      if $0.progress?.text.hasPrefix("training, epoch 1 of 1, step 1/2") == true { trained.withLock { $0 += 1 } }
    }
    #expect(report.table == whole.table && trained.withLock(\.self) == 0)
  }

  @Test("a run writes its network, scores and figures, and the same ones again")
  func files() async throws {
    let shares = Mutex<[Double]>([])
    let whole = try run()
    let report = try await whole.run {
      if let (share, text) = $0.progress, text == "maps" { shares.withLock { $0.append(share) } }
    }
    #expect(shares.withLock { $0.last == 1 && $0 == $0.sorted() })
    let names = try whole.folder.write(report.findings)
    #expect(
      names == [
        "scores.csv", "views.png", "views.pdf", "views.svg", "attributions.png", "attributions.pdf",
        "attributions.svg", "summary.json",
      ])
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.file("run").path))
        == Set(names + ["settings.json", "training", ".lock"]))
    // Five views of the gradient, one of VarGrad, five each of two controls.
    let scores = try String(contentsOf: folder.file("run/scores.csv"), encoding: .utf8).split(separator: "\n")
    #expect(scores.count == 1 + 5 + 1 + 2 * 5 && scores.allSatisfy { $0.count { $0 == "," } == 12 })
    #expect(
      report.table.lines.map { Array($0.prefix(3)) }[1...4].map { $0.joined(separator: " ") } == [
        "gradient original 10", "gradient positive 10", "gradient negative 10", "gradient active 5",
      ])
    #expect(report.table.lines.allSatisfy { $0.count == 9 })

  }
}
