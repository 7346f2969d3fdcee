import Foundation
import Rasters
import Saliency
import Synchronization
import TestSupport
import Testing

@testable import Experiments

/// Grey images of 16×16 of noise in which a patch of 6×6 at a fixed place is dark or bright: the only thing that tells the classes
/// apart.
private struct Patches: LabelledImages {
  let name: String
  let classNames = ["dark", "bright"]
  let height = 16
  let width = 16
  let channels = 1
  let labels: [Int32]
  private let pixels: [UInt8]

  static func isPatch(_ pixel: Int) -> Bool { (5..<11).contains(pixel / 16) && (6..<12).contains(pixel % 16) }

  init(_ name: String, count: Int, seed: UInt64) {
    self.name = name
    labels = (0..<count).map { Int32($0 % 2) }
    var random = SeededGenerator(seed: seed)
    pixels = (0..<count).flatMap { image in
      (0..<256).map { pixel in
        let noise = UInt8.random(in: 0...60, using: &random)
        return Self.isPatch(pixel) ? (image % 2 == 0 ? noise / 2 : 225 + noise / 2) : 98 + noise
      }
    }
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    for (place, index) in indices.enumerated() {
      for pixel in 0..<256 { buffer[place * 256 + pixel] = pixels[index * 256 + pixel] }
    }
  }
}

@Suite(.slow) struct RoarRunTests {
  private let folder: TemporaryFolder
  private let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("run")
  }

  /// The maps of a linear model: 1 and more in the patch, next to nothing elsewhere.
  @TorchActor private func run(
    epochs: Int = 6, fractions: [Double] = [0.2], seeds: Int = 1, trainSeed: UInt64 = 1, testSeed: UInt64 = 2
  ) throws -> RoarRun {
    let row = (0..<256).map { Patches.isPatch($0) ? 1 + Float($0) / 256 : 0.001 }
    let model = try LinearClassifier(
      weight: row.map { -$0 } + row, classes: 2, channels: 1, height: 16, width: 16)
    let file = folder.file("model")
    try Data("a model".utf8).write(to: file)
    var recipe = Recipe()
    recipe.epochs = epochs
    recipe.batchSize = 8
    recipe.learningRate = 0.003
    let dataset = Dataset(
      name: "patches", train: Patches("patches, train", count: 96, seed: trainSeed),
      test: Patches("patches, test", count: 40, seed: testSeed), provenance: "for a test")
    return try RoarRun(
      Explainer(model, views: [Original()]), model: ("linear", file), dataset: dataset, architecture: .basicCNN,
      recipe: recipe, seeds: seeds, fractions: fractions)
  }

  private static let gradient = MapName(Gradient(), Original())
  private static let random = MapName.control(.random)

  @Test("without the pixels that tell the classes apart nothing can be learnt; without as many random ones it can")
  func knownAnswer() async throws {
    let run = try await run()
    let results = try run.open(url)
    let report = try await run.run(in: results)
    #expect(report.accuracies(Self.gradient, fraction: 0) == [1])
    // 51 of 256 pixels: the patch's 36 and others. What is left is noise, and 40 guesses deviate by 0.08.
    #expect(abs(report.accuracies(Self.gradient, fraction: 0.2)[0] - 0.5) < 0.25)
    #expect(report.accuracies(Self.random, fraction: 0.2)[0] > 0.95)
    #expect(report.removed(Self.gradient, fraction: 0.2) == 51.0 / 256)
    #expect(report.removed(Self.random, fraction: 0.2) == 51.0 / 256)
    #expect(report.table.lines.map { $0[0] } == ["removed by", "gradient original", "random", "sobel"])
    #expect(report.table.lines[2][1] == "1.0000")

    let names = try results.write(report.findings)
    #expect(names == ["accuracies.csv", "roar.png", "roar.pdf", "roar.svg", "summary.json"])
    let found = Set(try FileManager.default.contentsOfDirectory(atPath: folder.file("run").path))
    #expect(found == Set(names + ["settings.json", "trainings", ".lock"]))
    // The networks and orders are gone, and what came of the trainings is there.
    #expect(
      Set(try FileManager.default.contentsOfDirectory(atPath: folder.file("run/trainings").path)) == [
        "untouched-0.json", "gradient-original-0.2-0.json", "random-0.2-0.json", "sobel-0.2-0.json",
      ])
    let lines = try String(contentsOf: folder.file("run/accuracies.csv"), encoding: .utf8).split(separator: "\n")
    #expect(lines[1] == ",,0.0,0.0,0,1.0" && lines.count == 5)
  }

  @Test("interrupted and resumed, it ends as if nothing had happened, and trains nothing twice")
  func resumed() async throws {
    let first = try await run(epochs: 2, seeds: 2)
    let table = try await first.run(in: first.open(url)).table
    let task = Task {
      try await first.run(in: first.open(url, existing: .replace)) {
        // In the middle of the fourth of eight trainings.
        if let text = $0.progress?.text, text.hasPrefix("training 4 of 8"), text.contains("epoch 2 of 2") {
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(throws: RunFolderError.holdsResults(folder: url.relativePath)) { try first.open(url) }
    func differences(_ run: RoarRun) -> [String]? {
      let error = #expect(throws: RunFolderError.self) { try run.open(url, existing: .resume) }
      guard case .otherRun(url.relativePath, let differences) = error else { return nil }
      return differences
    }
    #expect(differences(try await run(epochs: 2, fractions: [0.3], seeds: 2)) == ["fractions"])
    // As many images of other content.
    #expect(differences(try await run(epochs: 2, seeds: 2, trainSeed: 3)) == ["training images"])
    #expect(differences(try await run(epochs: 2, seeds: 2, testSeed: 3)) == ["test images"])
    let epochs = Mutex<Set<String>>([])
    let report = try await first.run(in: first.open(url, existing: .resume)) {
      let parts = $0.progress?.text.split(separator: ", ") ?? []
      if parts.first?.hasPrefix("training") == true {
        epochs.withLock { _ = $0.insert(parts.filter { $0.contains(" of ") }.joined(separator: ", ")) }
      }
    }
    #expect(report.table == table)
    // The rest of the fourth, and the other four.
    #expect(!epochs.withLock { $0.contains { ("1"..."3").contains($0.dropFirst(9).prefix(1)) } })
    #expect(!epochs.withLock { $0.contains { $0.contains("4 of 8") && $0.contains("epoch 1") } })
    #expect(epochs.withLock { $0.count { $0.contains("epoch 2") } } >= 4)
    #expect(report.accuracies(Self.random, fraction: 0.2).count == 2)
  }

  @Test("an estimate leaves no trace, and grows with the work")
  func estimate() async throws {
    let few = try await run().estimate(in: url)
    let many = try await run(fractions: [0.1, 0.2, 0.3], seeds: 2).estimate(in: url)
    #expect(few.trainings == 4 && many.trainings == 2 * (1 + 3 * 3))
    #expect(few.training > 0 && few.maps > 0 && few.seconds == 4 * few.training + few.maps)
    #expect(!FileManager.default.fileExists(atPath: url.path))
  }

  @Test("what cannot be measured")
  func strangers() async throws {
    for fractions in [[], [0], [0.5, 0.2], [1.1]] {
      await #expect(throws: EvaluationError.fractions) { try await run(fractions: fractions) }
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("run").path))
  }
}
