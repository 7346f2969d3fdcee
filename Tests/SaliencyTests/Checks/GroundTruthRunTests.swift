import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Saliency

@Suite struct GroundTruthRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let settings = {
    var settings = GroundTruthRun.Settings()
    (settings.trainingImages, settings.epochs, settings.images) = (64, 1, 10)
    return settings
  }()

  private func run(force: Bool = false) throws -> GroundTruthRun {
    try GroundTruthRun(
      Self.settings, attributions: [Gradient(), SmoothGrad(.variance, samples: 2)], folder: folder.file("run"),
      force: force)
  }

  @Test("a run writes its network, scores and figures, and the same ones again")
  func files() async throws {
    let shares = Mutex<[Double]>([])
    let report = try await run().run { if case .maps(let share) = $0 { shares.withLock { $0.append(share) } } }
    #expect(shares.withLock { $0.last == 1 && $0 == $0.sorted() })
    let names = try report.write(to: folder.file("run"))
    #expect(
      names == [
        "scores.csv", "views.png", "views.pdf", "views.svg", "attributions.png", "attributions.pdf",
        "attributions.svg", "summary.json",
      ])
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.file("run").path)) == Set(names + ["training"]))
    // Five views of the gradient, one of VarGrad, five each of two controls.
    let scores = try String(contentsOf: folder.file("run/scores.csv"), encoding: .utf8).split(separator: "\n")
    #expect(scores.count == 1 + 5 + 1 + 2 * 5 && scores.allSatisfy { $0.count { $0 == "," } == 12 })
    #expect(
      report.table.map { Array($0.prefix(3)) }[1...4].map { $0.joined(separator: " ") } == [
        "gradient original 10", "gradient positive 10", "gradient negative 10", "gradient active 5",
      ])
    #expect(report.table.allSatisfy { $0.count == 9 })

    #expect(throws: CheckError.holdsResults(folder: folder.file("run").relativePath)) { try run() }
    let again = try await run(force: true).run()
    #expect(again.table == report.table)
  }
}
