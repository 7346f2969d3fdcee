import Foundation
import Rasters
import Saliency
import Synchronization
import TestSupport
import Testing

@testable import Datasets
@testable import Experiments

/// Grey images of 8×8: dark ones and bright ones.
private struct Brightness: LabelledImages {
  let name = "brightness"
  let classNames = ["dark", "bright"]
  let height = 8
  let width = 8
  let channels = 1
  let labels: [Int32]

  /// Added to one pixel of each image.
  private let change: UInt8

  init(count: Int, change: UInt8 = 0) {
    labels = (0..<count).map { Int32($0 % 2) }
    self.change = change
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    var place = 0
    for index in indices {
      for pixel in 0..<64 {
        buffer[place] = UInt8(labels[index]) * 128 + UInt8((pixel * 7 + index * 13) % 100) + (pixel == 9 ? change : 0)
        place += 1
      }
    }
  }
}

@Suite(.slow) struct TrainingRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @TorchActor private func run(
    epochs: Int, in name: String = "run", existing: RunFolder.Existing = .resume, change: UInt8 = 0,
    testChange: UInt8 = 0, seed: UInt64 = 0, learningRate: Double = 0.001, endsWhenStuck: Bool = false
  ) throws -> Opened<TrainingRun> {
    var recipe = Recipe()
    recipe.epochs = epochs
    recipe.batchSize = 4
    recipe.seed = seed
    recipe.learningRate = learningRate
    let dataset = Dataset(
      name: "brightness", train: Brightness(count: 50, change: change),
      test: Brightness(count: 4, change: testChange), provenance: "made for a test",
      unreadable: [])
    var training = try TrainingRun(.basicCNN, recipe: recipe, dataset: dataset, device: .cpu)
    training.endsWhenStuck = endsWhenStuck
    return try Opened(training, in: folder.file(name), existing: existing)
  }

  private func log(_ name: String = "run") throws -> [[String]] {
    try String(contentsOf: folder.file(name).appending(path: "log.csv"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
  }

  /// The log without the speed.
  private func results(_ name: String = "run") throws -> [[String]] { try log(name).map { Array($0.prefix(3)) } }

  @Test("a training whose network gives every image the same answer warns once, or ends, also when it is resumed")
  func stuck() async throws {
    let warnings = Mutex<[String]>([])
    let whole = try await run(epochs: 13, in: "whole", learningRate: 1)
    _ = try await whole.run { if case .warning(let text) = $0 { warnings.withLock { $0.append(text) } } }
    #expect(warnings.withLock { $0.count } == 1)
    #expect(warnings.withLock { $0.first?.contains("the same answer; another --seed may learn") } == true)
    for _ in 0..<2 {
      let ending = try await run(epochs: 13, learningRate: 1, endsWhenStuck: true)
      let error = await #expect(throws: TrainingError.self) { _ = try await ending.run() }
      #expect(error == .stuck(epoch: 10))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("run/model.safetensors").path))
    #expect(try results().count == 11)
  }

  @Test(
    "stuck is what is no better than guessing and the same for ten epochs",
    arguments: [(0.1, 2.3, true), (0.15, 2.3, false), (0.1, 2, false)])
  func stuckness(accuracy: Double, loss: Double, isStuck: Bool) {
    func history(_ accuracies: [Double]) -> [EpochRecord] {
      accuracies.enumerated().map {
        EpochRecord(epoch: $0 + 1, loss: loss, accuracy: $1, imagesPerSecond: 1, seconds: .init())
      }
    }
    let same = [Double](repeating: accuracy, count: 10)
    #expect(history(same).isStuck(classes: 10) == isStuck)
    #expect(history([0.3] + same).isStuck(classes: 10) == isStuck)
    #expect(!history(same.dropLast()).isStuck(classes: 10))
    #expect(!history(same.dropLast() + [0.11]).isStuck(classes: 10))
  }

  @Test("a training leaves its model, its state, its log and its curves")
  func files() async throws {
    let run = try await run(epochs: 2)
    let report = try await run.run()
    let network = report.network
    let found = try FileManager.default.contentsOfDirectory(atPath: run.folder.url.path)
    #expect(
      Set(found) == ["model.safetensors", "checkpoint.safetensors", "log.csv", "curves.png", "settings.json", ".lock"])
    let rows = report.history.map {
      ["\($0.epoch)", "\($0.loss)", "\($0.accuracy)", "\($0.imagesPerSecond)"]
    }
    #expect(
      try log()[0] == [
        "epoch", "loss", "accuracy", "images_per_second", "batches_s", "forward_s", "backward_s", "update_s",
      ])
    #expect(try log().dropFirst().map { Array($0.prefix(4)) } == rows)
    #expect(rows.count == 2)
    for (row, record) in zip(try log().dropFirst(), report.history) {
      let phases = try row.dropFirst(4).map { try #require(Double($0)) }
      // Nearly all of the time goes to the four, and none twice.
      let total = 50 / record.imagesPerSecond
      #expect(phases.count == 4 && phases.reduce(0, +) <= total + 0.002 && phases.reduce(0, +) > total / 2)
    }
    let curves = try PNGPixels(Data(contentsOf: run.folder.file("curves.png")))
    #expect(curves.width > 300 && curves.height > 100)
    let stored = try await TorchActor.run {
      let stored = try Network.read(report.model)
      for (name, tensor) in network.parameters {
        #expect(try stored.parameters[name]?.floats() == tensor.floats(), "\(name)")
      }
      return stored
    }
    #expect(stored.information == network.information)
    #expect(stored.information.origin.dataset == "made for a test")
    #expect(stored.information.labels.names == ["dark", "bright"])
  }

  @Test("interrupted after any step and resumed, it ends with the same model and log", arguments: [10, 13, 23])
  func resumed(stop: Int) async throws {
    try await run(epochs: 2, in: "whole").run()
    let steps = Mutex(0)
    let task = Task {
      try await run(epochs: 2).run { event in
        // Two epochs of 13 steps each.
        guard let share = event.progress?.share else { return }
        steps.withLock { $0 = Int((share * 26).rounded()) }
        if steps.withLock({ $0 >= stop }) { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(!FileManager.default.fileExists(atPath: folder.file("run/model.safetensors").path))
    try await run(epochs: 2).run()
    #expect(try results() == results("whole"))
    #expect(try results().count == 3)
    try await TorchActor.run {
      let (a, b) = (
        try Network.read(folder.file("run/model.safetensors")), try Network.read(folder.file("whole/model.safetensors"))
      )
      for (name, tensor) in a.parameters { #expect(try b.parameters[name]?.floats() == tensor.floats(), "\(name)") }
    }
  }

  @Test("the networks of the last epochs are those of trainings that end there, interrupted or not")
  func lastEpochs() async throws {
    func kept(_ name: String, stop: Int? = nil) async throws -> [URL] {
      var run = try await run(epochs: 4, in: name).experiment
      run.keptEpochs = 3
      let folder = try run.open(folder.file(name), existing: .resume)
      _ = try await run.run(in: folder) { event in
        if let stop, let share = event.progress?.share, Int((share * 52).rounded()) >= stop {
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }
      return run.networks(in: folder)
    }
    let files = try await kept("run")
    #expect(files.map(\.lastPathComponent) == ["epoch-002.safetensors", "epoch-003.safetensors", "model.safetensors"])
    await #expect(throws: CancellationError.self) { _ = try await Task { try await kept("stopped", stop: 30) }.value }
    let again = try await kept("stopped")
    for (epochs, pair) in zip(2..., zip(files, again)) {
      let short = try await run(epochs: epochs, in: "short-\(epochs)").run().network
      try await TorchActor.run {
        for file in [pair.0, pair.1] {
          let network = try Network.read(file)
          #expect(network.information.origin.epochs == epochs)
          #expect(network.information.origin.accuracy == short.information.origin.accuracy)
          for (name, tensor) in network.parameters {
            #expect(try short.parameters[name]?.floats() == tensor.floats(), "\(epochs) \(name)")
          }
        }
      }
    }
  }

  @Test("a log that was lost, as when the program is killed between two files, is there again after resuming")
  func lostLog() async throws {
    try await run(epochs: 2).run()
    let before = try results()
    let files = ["log.csv", "curves.png", "model.safetensors"].map { folder.file("run").appending(path: $0) }
    for file in files { try FileManager.default.removeItem(at: file) }
    try await run(epochs: 2).run()
    #expect(try results() == before)
    for file in files { #expect(FileManager.default.fileExists(atPath: file.path), "\(file.lastPathComponent)") }
  }

  @Test("a folder that cannot be made is named")
  func unwritable() async throws {
    try Data().write(to: folder.file("file"))
    let error = await #expect(throws: (any Error).self) { try await run(epochs: 1, in: "file/below") }
    #expect(error?.message == "\(folder.file("file/below").path): not a directory")
  }

  @Test("a training of other data, though as many, is not gone on with; nor is one with other settings")
  func otherTraining() async throws {
    try await run(epochs: 1, existing: .refuse).run()
    let path = folder.file("run").relativePath
    await #expect(throws: RunFolderError.holdsResults(folder: path)) { try await run(epochs: 1, existing: .refuse) }
    func expectDifferent(_ differences: [String], _ open: @TorchActor () throws -> Opened<TrainingRun>) async {
      await #expect(throws: RunFolderError.otherRun(folder: path, differences: differences)) { try await open() }
    }
    await expectDifferent(["training images"]) { try run(epochs: 1, change: 1) }
    await expectDifferent(["test images"]) { try run(epochs: 1, testChange: 1) }
    await expectDifferent(["epochs", "seed"]) { try run(epochs: 2, seed: 1) }
    // More epochs are no other training.
    try await run(epochs: 2).run()
    #expect(try results().count == 3)
    try await run(epochs: 1, existing: .replace, change: 1).run()
    #expect(try results().count == 2)
  }

  @Test("a checkpoint of the previous version, without a record of the data, is gone on with, and that is told")
  func earlierVersion() async throws {
    try await run(epochs: 2, in: "whole").run()
    try await run(epochs: 1).run()
    // As the previous version left it, its output kept beside it.
    try FileManager.default.removeItem(at: folder.file("run/settings.json"))
    try Data("epoch 1".utf8).write(to: folder.file("run/output.txt"))
    try await forgetData(folder.file("run/checkpoint.safetensors"))
    let path = folder.file("run").relativePath
    await #expect(throws: RunFolderError.holdsResults(folder: path)) { try await run(epochs: 2, existing: .refuse) }
    let warned = Mutex<[Bool]>([])
    for epochs in [2, 2] {
      try await run(epochs: epochs).run {
        if case .warning = $0 { warned.withLock { $0.append(true) } }
        if case .note(let text) = $0, !text.contains("images/s") { warned.withLock { $0.append(false) } }
      }
    }
    // The new checkpoint says what it is of.
    #expect(warned.withLock(\.self) == [true, false, false])
    #expect(try results() == results("whole"))
  }

  @TorchActor private func forgetData(_ checkpoint: URL) throws {
    var file = try SafeTensors(contentsOf: checkpoint)
    let text = try #require(file.metadata["position"])
    var position = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(position.removeValue(forKey: "data") != nil)
    file.metadata["position"] = String(
      decoding: try JSONSerialization.data(withJSONObject: position), as: UTF8.self)
    try file.write(to: checkpoint)
  }
}
