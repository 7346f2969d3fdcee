import Foundation
import Rasters
import Saliency
import TestSupport
import Testing

@testable import Experiments

/// Grey images of 16×16 whose class is what they show: dark or bright.
struct DarkAndBright: LabelledImages {
  let name: String
  let classNames = ["dark", "bright"]
  let height = 16
  let width = 16
  let channels = 1
  let labels: [Int32]

  /// Added to some pixels.
  private let change: UInt8

  init(_ name: String = "dark and bright", count: Int, change: UInt8 = 0) {
    self.name = name
    self.change = change
    labels = (0..<count).map { Int32($0 % 2) }
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    var place = 0
    for index in indices {
      for pixel in 0..<256 {
        buffer[place] =
          UInt8(labels[index]) * 128 + UInt8((pixel * 7 + index * 13 + pixel / 16 * 5) % 120)
          + (pixel == 3 ? change : 0)
        place += 1
      }
    }
  }
}

@Suite(.slow) struct SanityRunTests {
  private let folder: TemporaryFolder
  private let model: ModelChoice.Opened

  init() async throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    model = try await TorchActor.run {
      let information = ModelInformation(
        architecture: .basicCNN, labels: LabelSet(["dark", "bright"]),
        preprocessing: Preprocessing(height: 16, width: 16, channels: 1))
      try Network(information, parameters: formulaParameters(.basicCNN, channels: 1, classes: 2))
        .write(to: folder.file("model.safetensors"))
      return try ModelChoice.open(folder.file("model.safetensors").path)
    }
  }

  private func run(
    _ name: String = "run", labels: Bool = false, views: [any View] = [Original(), Signed()],
    existing: RunFolder.Existing = .refuse,
    seed: UInt64 = 3, trainChange: UInt8 = 0, testChange: UInt8 = 0
  ) async throws -> Opened<SanityRun> {
    var recipe = Recipe()
    recipe.epochs = 2
    recipe.batchSize = 8
    let dataset = Dataset(
      name: "dark and bright", train: DarkAndBright(count: 32, change: trainChange),
      test: DarkAndBright(count: 4, change: testChange), provenance: "for a test")
    return try await Opened(
      SanityRun(model, images: dataset.test, views: views, labels: labels ? (recipe, dataset) : nil, seed: seed),
      in: folder.file(name), existing: existing)
  }

  private func files() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.file("run").path)).subtracting([".lock"])
  }

  @Test("table, files and figures")
  func report() async throws {
    let run = try await run()
    let report = try await run.run()
    #expect(report.table.lines.map { $0[0] } == ["map", "gradient original", "gradient signed", "sobel"])
    #expect(
      report.table.lines[3].last == "no" && report.table.lines[3][1] == "1.000" && report.learntRandomLabels == nil)
    let names = try run.folder.write(report.findings)
    let figures = ["cascade", "cascading", "independent"].flatMap { name in
      ["png", "pdf", "svg"].map { "\(name).\($0)" }
    }
    #expect(names == ["similarity.csv"] + figures + ["summary.json"])
    #expect(try files() == Set(names + ["settings.json"]))
    let lines = try String(contentsOf: folder.file("run/similarity.csv"), encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 1 + 2 * 11 * 3 && lines.allSatisfy { $0.count { $0 == "," } == 17 })
    #expect(lines[1].hasPrefix("cascading,1,fc,gradient,original,4,"))
    // The last of the cascade: all eleven layers.
    #expect(lines[31].hasPrefix("cascading,11,conv1,gradient,original,4,"))
    // Of the same seed the same numbers.
    #expect(try await self.run("again").run().table == report.table)
  }

  @Test("random labels are trained on, and an interrupted training is gone on with")
  func labels() async throws {
    let whole = try await run(labels: true).run()
    #expect(whole.result.steps.last?.kind == .labels)
    let learnt = try #require(whole.learntRandomLabels)
    // Two classes of random labels: about half are right by chance.
    #expect((0.3...1).contains(learnt))
    #expect(whole.table.lines[0].suffix(3).first == "random labels")
    #expect(try files() == ["settings.json", "random-labels"])

    let path = folder.file("run").relativePath
    await #expect(throws: RunFolderError.holdsResults(folder: path)) { try await run(labels: true) }
    await #expect(throws: RunFolderError.otherRun(folder: path, differences: ["seed"])) {
      try await run(labels: true, existing: .resume, seed: 4)
    }
    // As many images of other content.
    await #expect(throws: RunFolderError.otherRun(folder: path, differences: ["training images"])) {
      try await run(labels: true, existing: .resume, trainChange: 1)
    }
    await #expect(throws: RunFolderError.otherRun(folder: path, differences: ["images", "test images"])) {
      try await run(labels: true, existing: .resume, testChange: 1)
    }
    let task = Task {
      try await run(labels: true, existing: .replace).run {
        if $0.progress?.text.hasPrefix("random labels, epoch 2 of 2") == true { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    let resumed = try await run(labels: true, existing: .resume).run()
    #expect(resumed.table == whole.table)
  }

  @Test("models and data that do not fit")
  func strangers() async throws {
    let script = try await ModelChoice.open(Fixture.url("torchscript/cnn.pt").path)
    await #expect(throws: EvaluationError.needsNetwork(model: "cnn.pt")) {
      try await SanityRun(script, images: DarkAndBright(count: 2))
    }
    let fashion = ShapeImages("test", count: 8, seed: 0)
    let other = Dataset(name: "shapes", train: fashion, test: fashion, provenance: "")
    await #expect(throws: EvaluationError.otherClasses(model: "model.safetensors", dataset: "shapes")) {
      try await SanityRun(
        model, images: DarkAndBright(count: 2), labels: (Recipe(), other))
    }
    await #expect(throws: EvaluationError.noImages) {
      try await SanityRun(model, images: DarkAndBright(count: 0))
    }
  }
}
