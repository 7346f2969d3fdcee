import Foundation
import Maps
import Networks
import Rasters
import Tensors
import TestSupport
import Testing
import Training

/// Two classes of random pictures, the second one brighter.
struct BrightOrDark: LabelledImages {
  let name = "brightness"
  let classNames = ["dark", "bright"]
  let height = 32
  let width = 32
  let channels = 3
  let labels: [Int32]
  private let pixels: [UInt8]

  init(count: Int, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let labels = (0..<count).map { _ in Int32.random(in: 0...1, using: &random) }
    self.labels = labels
    pixels = (0..<count * 32 * 32 * 3).map {
      UInt8.random(in: 0...127, using: &random) + (labels[$0 / (32 * 32 * 3)] == 1 ? 128 : 0)
    }
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    for (place, index) in indices.enumerated() {
      _ = UnsafeMutableBufferPointer(rebasing: buffer[place * imageSize..<(place + 1) * imageSize])
        .update(fromContentsOf: pixels[index * imageSize..<(index + 1) * imageSize])
    }
  }
}

@Suite(.slow) @TorchActor struct TrainerTests {
  private func trainer(
    _ architecture: Architecture, in folder: TemporaryFolder, epochs: Int = 3, learningRate: Double = 0.001,
    count: Int = 40, data: String? = nil, precision: Precision = .full, start: Network? = nil,
    weightType: ElementType = .float32
  ) throws -> Trainer {
    var recipe = Recipe()
    recipe.epochs = epochs
    recipe.batchSize = 16
    recipe.learningRate = learningRate
    recipe.seed = 5
    recipe.precision = precision
    return try Trainer(
      architecture, recipe: recipe, train: BrightOrDark(count: count, seed: 1), test: BrightOrDark(count: 20, seed: 2),
      dataset: "brightness", data: data, checkpoint: folder.file("state.safetensors"), start: start,
      weightType: weightType)
  }

  @Test func anEasyTaskIsLearnt() async throws {
    let folder = try TemporaryFolder()
    var records: [EpochRecord] = []
    let network = try await trainer(
      .basicCNN, in: folder, epochs: 8, learningRate: 0.0003, count: 160
    ).run { event in
      if case .epoch(let record, _, _) = event { records.append(record) }
    }
    #expect(records.map(\.epoch) == Array(1...8))
    #expect(records[7].accuracy == 1)
    #expect(records[7].loss < records[0].loss / 2)
    #expect(network.information.origin.accuracy == 1)
    #expect(network.labels.names == ["dark", "bright"])
  }

  /// Cancelled after any step and gone on with, the weights are the same bit by bit as without a break.
  @Test(arguments: [Architecture.basicCNN, .resNet18, .vitTiny], [1, 3, 5])
  func interruptionsDoNotChangeTheWeights(_ architecture: Architecture, stepsBefore: Int) async throws {
    let (other, folder) = (try TemporaryFolder(), try TemporaryFolder())
    let whole = try await trainer(architecture, in: other, epochs: 2).run { _ in }
    let trainer = try trainer(architecture, in: folder, epochs: 2)
    let interrupted = Task { @TorchActor in
      try await trainer.run(stepsPerReport: 1) { event in
        if case .step(let epoch, let done, let steps, _) = event, (epoch - 1) * steps + done == stepsBefore {
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }
    }
    await #expect(throws: CancellationError.self) { try await interrupted.value }
    let resumed = try await trainer.run(resume: true) { _ in }
    for (name, tensor) in whole.parameters {
      #expect(try resumed.parameters[name]?.bytes() == tensor.bytes(), "\(name)")
    }
    #expect(resumed.information.origin.accuracy == whole.information.origin.accuracy)
  }

  @Test func anExplodingLossStopsAndKeepsTheCheckpoint() async throws {
    let folder = try TemporaryFolder()
    let first = try trainer(.basicCNN, in: folder, epochs: 1)
    _ = try await first.run { _ in }
    let kept = try Data(contentsOf: first.checkpoint)
    let wild = try trainer(.basicCNN, in: folder, epochs: 30, learningRate: 1e20)
    await #expect(throws: TrainingError.self) { _ = try await wild.run { _ in } }
    #expect(try Data(contentsOf: first.checkpoint) == kept)
    var resumed: [Int] = []
    _ = try await trainer(.basicCNN, in: folder, epochs: 2).run(resume: true) { event in
      if case .resumed(let history, _, _) = event { resumed.append(history.count) }
    }
    #expect(resumed == [1])
  }

  @Test func checkpointsOfOtherTrainingsAreRefused() async throws {
    let folder = try TemporaryFolder()
    _ = try await trainer(.basicCNN, in: folder, epochs: 1).run { _ in }
    await #expect(throws: TrainingError.checkpointOf("its architecture is basic-cnn")) {
      _ = try await trainer(.resNet18, in: folder).run(resume: true) { _ in }
    }
    await #expect(throws: TrainingError.self) {
      _ = try await trainer(.basicCNN, in: folder, learningRate: 0.01).run(resume: true) { _ in }
    }
    _ = try await trainer(.basicCNN, in: folder, epochs: 2, data: "one").run(resume: true) { _ in }
    await #expect(throws: TrainingError.checkpointOf("its images or their classes were others")) {
      _ = try await trainer(.basicCNN, in: folder, data: "other").run(resume: true) { _ in }
    }
    await #expect(throws: TrainingError.checkpointOf("it had 40 images")) {
      _ = try await trainer(.basicCNN, in: folder, count: 41).run(resume: true) { _ in }
    }
  }

  @Test(arguments: [0, 7, 100, 5000]) func damagedCheckpointsAreRefused(length: Int) async throws {
    let folder = try TemporaryFolder()
    let trainer = try trainer(.basicCNN, in: folder, epochs: 1)
    _ = try await trainer.run { _ in }
    try Data(contentsOf: trainer.checkpoint).prefix(length).write(to: trainer.checkpoint)
    await #expect(throws: TrainingError.self) { _ = try await trainer.run(resume: true) { _ in } }
  }

  /// bfloat16 keeps 8 bits, so the first step's loss differs by some thousandths; afterwards the two drift apart.
  @Test(arguments: [Architecture.basicCNN, .resNet18]) func mixedPrecisionLearnsAlike(
    _ architecture: Architecture
  ) async throws {
    let (one, other) = (try TemporaryFolder(), try TemporaryFolder())
    var losses: [Precision: [Double]] = [:]
    for (precision, folder) in [(Precision.full, one), (.mixed, other)] {
      let network = try await trainer(architecture, in: folder, epochs: 2, count: 64, precision: precision).run(
        stepsPerReport: 1
      ) { if case .step(1, _, _, let loss) = $0 { losses[precision, default: []].append(loss) } }
      #expect(network.parameters.values.allSatisfy { $0.type == .float32 })
      #expect(network.information.origin.recipe.contains("mixed precision") == (precision == .mixed))
      // Measured again without mixed precision, as the file's weights will be used.
      #expect(try network.information.origin.accuracy == accuracy(of: network))
    }
    let (full, mixed) = (try #require(losses[.full]), try #require(losses[.mixed]))
    #expect(full[0] != mixed[0] && abs(full[0] - mixed[0]) < 0.02 * full[0], "\(full), \(mixed)")
    #expect(abs(full[1] - mixed[1]) < 0.05 * full[1], "\(full), \(mixed)")
  }

  @Test func trainingGoesOnFromAModelsWeights() async throws {
    let (one, other) = (try TemporaryFolder(), try TemporaryFolder())
    let first = try await trainer(.resNet18, in: one, epochs: 2).run { _ in }
    // So small a step changes nothing that float32 could show in the accuracy or, above rounding, in the weights.
    let next = try await trainer(.resNet18, in: other, epochs: 1, learningRate: 1e-12, start: first).run { _ in }
    for (name, tensor) in first.parameters where !name.contains("running") {
      expectClose(
        try next.parameters[name]?.floats() ?? [], try tensor.floats(), relative: 1e-6, absolute: 1e-9, "\(name)")
    }
    let record = next.information.origin.recipe
    #expect(record.hasSuffix("; the first weights were \(first.information.origin.summary)"))
    #expect(record.contains("trained on brightness, 2 epochs, seed 5, accuracy"))
    #expect(throws: TrainingError.differentStart("its architecture is resnet18")) {
      try trainer(.basicCNN, in: other, start: first)
    }
  }

  @Test func halvesAreRecordedWithTheirOwnAccuracy() async throws {
    let folder = try TemporaryFolder()
    let network = try await trainer(.basicCNN, in: folder, weightType: .float16).run { _ in }
    let file = folder.file("model.safetensors")
    try network.write(to: file, weightType: .float16)
    let tensors = try SafeTensors(contentsOf: file).tensors
    for (name, tensor) in tensors {
      #expect(tensor.type == (name.hasSuffix("weight") ? .float16 : .float32), "\(name)")
    }
    let read = try Network.read(file)
    for (name, tensor) in network.parameters { #expect(try read.parameters[name]?.floats() == tensor.floats()) }
    #expect(try read.information.origin.accuracy == accuracy(of: read))
  }

  private func accuracy(of network: Network) throws -> Double {
    let test = BrightOrDark(count: 20, seed: 2)
    let predicted = try network.logits(test.images(0..<20)).max(axis: 1).indices.integers()
    return Double(zip(test.labels, predicted).count { Int($0) == $1 }) / 20
  }
}
