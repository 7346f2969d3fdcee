import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import Training

/// Several processes' parts on as many threads, each with a group of its own: what they exchange goes the same ways.
@Suite @TorchActor struct SharedTrainingTests {
  /// Runs `body` as each of `count` processes.
  private func together(
    _ count: Int, _ body: @escaping @TorchActor @Sendable (ProcessGroup) throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("meeting").path
    try await TorchActor.concurrently(count, threads: 1) { rank in
      try body(ProcessGroup(rank: rank, of: count, meeting: .file(path: path), patience: .seconds(60)))
    }
  }

  /// The third one has two images for three processes.
  private nonisolated static let batches = [0..<6, 6..<10, 3..<5]

  @TorchActor private static func state(_ architecture: Architecture, group: ProcessGroup? = nil) throws
    -> TrainingState
  {
    let graph = architecture.graph(channels: 3, classes: 10, height: 32, width: 32)
    var parameters: [String: Tensor] = [:]
    for (stream, parameter) in graph.parameters.enumerated() {
      // Others than process 0 have wrong values until they are handed the right ones.
      let offset = group.map { 1000 * $0.rank } ?? 0
      parameters[parameter.name] = try Formula.parameter(stream + offset, parameter).to(.float64)
    }
    return try TrainingState(architecture, Recipe(), graph: graph, parameters: parameters, group: group)
  }

  /// Loss curve and weights after a step on each batch; the losses are those of whole batches.
  @TorchActor private static func train(_ state: TrainingState) throws -> (
    losses: [Double], weights: [String: [Double]]
  ) {
    try state.handOut()
    let images = try Formula.tensor(4200, [10, 3, 32, 32]).to(.float64)
    var losses: [Double] = []
    for batch in batches {
      let share = BatchShare(Array(batch)[...], in: state.group)
      let own = Array(share.images)
      let part = try Tensor.concatenate(own.map { try images[$0..<$0 + 1] })
      let labels = try Tensor(own.map { Int64(7 * $0 % 10) }, shape: [own.count])
      let loss = try state.step(part, labels, of: share).doubles()[0] * Double(share.count)
      losses.append(try (state.group?.sum([loss])[0] ?? loss) / Double(batch.count))
    }
    return (losses, try state.parameters.mapValues { try $0.doubles() })
  }

  /// In float64, for at first AdamW takes the sign of the tiniest gradient for a whole step.
  @Test(arguments: [Architecture.basicCNN, .resNet18, .vitTiny])
  func lossesAndWeightsAreThoseOfOneProcess(_ architecture: Architecture) async throws {
    let alone = try Self.train(Self.state(architecture))
    try await together(3) { group in
      let found = try Self.train(Self.state(architecture, group: group))
      expectClose(found.losses, alone.losses, relative: 1e-7, absolute: 1e-9, "losses of process \(group.rank)")
      // All have the same, bit by bit.
      let sums = found.weights.sorted { $0.key < $1.key }.map { $0.value.reduce(0, +) }
      #expect(try group.broadcast(sums) == sums)
      for (name, weights) in alone.weights {
        // A thousandth of AdamW's step of 0.001, which magnifies the rounding of tiny gradients.
        expectClose(found.weights[name] ?? [], weights, absolute: 1e-6, "\(name)")
      }
    }
  }

  @TorchActor private static func parameters() throws -> [Tensor] {
    [
      try Formula.tensor(4101, [3], offset: 0.5).to(.float64).variable(),
      try Formula.signed(4102, [3]).to(.float64).variable(), try Formula.signed(4103, [3]).to(.float64),
      try Formula.tensor(4104, [3], offset: 0.5).to(.float64),
    ]
  }

  @TorchActor private static func images() throws -> (input: Tensor, seed: Tensor) {
    (try Formula.signed(4100, [5, 3, 4, 6]).to(.float64), try Formula.signed(4105, [5, 3, 4, 6]).to(.float64))
  }

  /// With images that do not count in the last process.
  @Test func batchNormalizationIsThatOfAllImages() async throws {
    var graph = Graph(channels: 3)
    graph.batchNorm("norm")
    let (all, whole) = (try Self.parameters(), try Self.images())
    let names = ["norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"]
    let input = try whole.input.variable()
    let output = try Interpreter(graph: graph, parameters: Dictionary(uniqueKeysWithValues: zip(names, all)))
      .run(input, training: true)
    let gradients = try output.gradients(seed: whole.seed, of: [input, all[0], all[1]]).map {
      try #require($0).doubles()
    }
    let (values, running) = (try output.doubles(), try all[2...].map { try $0.doubles() })

    try await together(3) { group in
      let (own, part) = (try Self.parameters(), try Self.images())
      let range = [0..<2, 2..<5, 0..<1][group.rank]
      let isCounted = group.rank < 2
      let input = try part.input[range].variable()
      let output = try input.batchNormalized(
        in: group, isCounted: isCounted, weight: own[0], bias: own[1], runningMean: own[2], runningVariance: own[3],
        momentum: 0.1, epsilon: 1e-5)
      let seed = try part.seed[range] * (isCounted ? 1 : 0)
      let found = try output.gradients(seed: seed, of: [input, own[0], own[1]]).map { try #require($0).doubles() }
      let elements = range.lowerBound * 72..<range.upperBound * 72
      expectClose(try output.doubles(), Array(values[elements]), relative: 1e-11, absolute: 1e-12, "output")
      let wanted = isCounted ? Array(gradients[0][elements]) : Array(repeating: 0, count: 72)
      expectClose(found[0], wanted, relative: 1e-10, absolute: 1e-11, "gradient")
      for index in 1...2 {
        expectClose(try group.sum(found[index]), gradients[index], relative: 1e-10, absolute: 1e-11, "sum \(index)")
      }
      expectClose(try own[2].doubles(), running[0], relative: 1e-12, absolute: 1e-14, "running mean")
      expectClose(try own[3].doubles(), running[1], relative: 1e-12, absolute: 1e-14, "running variance")
    }
  }

  @Test func sharesOfABatchAreItsImagesInTheirOrder() async throws {
    try await together(3) { group in
      let batches = [0..<8, 8..<10, 10..<11, 11..<14]
      let counts = [[2, 3, 3], [0, 1, 1], [0, 0, 1], [1, 1, 1]]
      for (batch, counts) in zip(batches, counts) {
        let share = BatchShare(Array(0..<14)[batch], in: group)
        #expect(share.total == batch.count && share.count == counts[group.rank])
        let first = batch.lowerBound + counts.prefix(group.rank).reduce(0, +)
        #expect(Array(share.images) == (share.count > 0 ? Array(first..<first + share.count) : [batch.lowerBound]))
      }
    }
  }

  /// The second process leaves at once.
  @Test func aProcessThatHasEndedIsNoticed() async throws {
    try await together(2) { group in
      guard group.rank == 0 else { return }
      let begin = ContinuousClock.now
      let error = #expect(throws: TorchError.self) { while true { _ = try group.sum([1]) } }
      #expect(error?.kind == .lostProcess)
      #expect(ContinuousClock.now - begin < .seconds(30))
    }
  }

  @Test func aProcessThatDoesNotAnswerIsNoticed() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("meeting").path
    try await TorchActor.concurrently(2, threads: 1) { rank in
      let group = try ProcessGroup(
        rank: rank, of: 2, meeting: .file(path: path), patience: .seconds(60), timeout: .seconds(1))
      // Long enough for the other one to lose patience.
      guard rank == 0 else { return Thread.sleep(forTimeInterval: 3) }
      let error = #expect(throws: TorchError.self) { _ = try group.sum([1]) }
      #expect(error?.kind == .lostProcess)
      #expect(error?.localizedDescription.contains("has ended or does not answer") == true)
    }
  }
}

/// How processes find each other in a folder.
@Suite @TorchActor struct MeetingPlaceTests {
  private func join(_ folder: TemporaryFolder, _ rank: Int, of count: Int, patience: Duration = .seconds(600))
    async throws
  {
    _ = try await ProcessGroup.join(rank: rank, of: count, in: folder.url, patience: patience)
  }

  @Test func whatEarlierOnesLeftDoesNotConfuse() async throws {
    let folder = try TemporaryFolder()
    let place = folder.file(".meeting")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    for name in ["1.\(UUID().uuidString)", "7.\(UUID().uuidString)", "all", UUID().uuidString] {
      try Data(#"{"guests":[],"file":"old"}"#.utf8).write(to: place.appending(path: name))
    }
    // Process 0 removes all of that and waits in vain.
    await #expect(throws: TrainingError.missingProcesses([1, 2], count: 3)) {
      try await join(folder, 0, of: 3, patience: .milliseconds(300))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
  }

  @Test func whoIsNotAnsweredSaysSo() async throws {
    let folder = try TemporaryFolder()
    await #expect(throws: TrainingError.missingProcesses([0], count: 2)) {
      try await join(folder, 1, of: 2, patience: .milliseconds(300))
    }
  }

  @Test(arguments: [[1, 1], [5]]) func strangersAreNamed(ranks: [Int]) async throws {
    let folder = try TemporaryFolder()
    let (others, shared) = (ranks, folder)
    let waiting = others.map { rank in
      Task { try await ProcessGroup.join(rank: rank, of: 9, in: shared.url, patience: .seconds(600)) }
    }
    defer { for task in waiting { task.cancel() } }
    await #expect(throws: TrainingError.stranger(rank: ranks[0], count: 3, folder: folder.url.relativePath)) {
      try await join(folder, 0, of: 3)
    }
  }
}
