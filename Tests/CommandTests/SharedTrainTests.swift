import Foundation
import Saliency
import Synchronization
import TestSupport
import Testing

/// Two processes train together, started as a launcher starts them.
@Suite(.slow) struct SharedTrainTests {
  private let command: Command

  init() throws { command = try Command() }

  /// Runs two processes side by side, the second with `others` besides; `signalling` is asked for each.
  private func two(
    _ arguments: [String], others: [String] = [], environment: [String: String] = [:],
    signalling: (@Sendable (_ rank: Int) -> Int32?)? = nil
  ) async throws -> [Command.Finished] {
    let command = command
    let shared = ["WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "TORCHELASTIC_USE_AGENT_STORE": "True"]
      .merging(environment) { $1 }
    return try await withThrowingTaskGroup(of: (Int, Command.Finished).self) { group in
      for rank in 0..<2 {
        group.addTask {
          let environment = shared.merging(["RANK": "\(rank)"]) { $1 }
          return try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: running a program blocks it.
            Thread.detachNewThread {
              continuation.resume(
                with: Result {
                  let arguments = rank == 0 ? arguments : arguments + others
                  return (rank, try command.run(arguments, environment: environment, signalling: { signalling?(rank) }))
                })
            }
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  private func weights(_ folder: String) throws -> Data {
    try Data(contentsOf: command.folder.file("\(folder)/model.safetensors"))
  }

  /// Loss and accuracy of every epoch.
  private func log(_ folder: String) throws -> [[Double]] {
    try String(contentsOf: command.folder.file("\(folder)/log.csv"), encoding: .utf8).split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",").prefix(3).dropFirst().compactMap { Double($0) } }
  }

  /// A port of process 0's, at which the others find it.
  private static func address() -> [String: String] {
    ["TORCHELASTIC_USE_AGENT_STORE": "False", "MASTER_PORT": "\(Int.random(in: 20_000...30_000))"]
  }

  private static let files: Set<String> = [
    "model.safetensors", "checkpoint.safetensors", "log.csv", "curves.png", "settings.json",
  ]

  /// The last batch of the first and the last one has a single image.
  @Test(arguments: [("basic-cnn", "23", false), ("resnet18", "24", false), ("vit-tiny", "23", true)])
  func lossesAreThoseOfOneProcess(architecture: String, batch: String, hasAddress: Bool) async throws {
    try command.addDataset()
    let training = [
      "train", "--dataset", "data", "--architecture", architecture, "--epochs", "2", "--batch-size", batch, "--size",
      "16",
      "--threads", "1",
    ]
    #expect(try command.run(training + ["--output", "one"]).status == 0)
    let finished = try await two(training + ["--output", "two"], environment: hasAddress ? Self.address() : [:])
    #expect(finished.map(\.status) == [0, 0], "\(finished)")
    #expect(finished[0].lines.last == "two/model.safetensors" && finished[0].errors.count == 3, "\(finished[0])")
    // The others say nothing.
    #expect(finished[1].output == "" && finished[1].errors == [], "\(finished[1])")
    for (shared, alone) in zip(try log("two"), try log("one")) {
      expectClose([shared[0]], [alone[0]], relative: 1e-4, architecture)
      #expect(shared[1] == alone[1])
    }
    #expect(command.files(in: "two") == Self.files)
    // A checkpoint of two processes can be gone on with by one.
    let next = try command.run(training + ["--output", "two", "--resume", "--epochs", "3"])
    #expect(next.status == 0)
    #expect(next.errors.contains { $0.contains("the checkpoint is of 2 processes") && $0.hasPrefix("Warning: ") })
    #expect(try log("two").count == 3)
  }

  @Test("what does not start all processes at once is refused")
  func notSimultaneous() throws {
    try command.addDataset()
    let training = ["train", "--dataset", "data", "--output", "run", "--epochs", "1"]
    let pod = try command.run(training, environment: ["JOB_COMPLETION_INDEX": "1"])
    #expect(pod.status == 1 && pod.errors.count == 1, "\(pod)")
    #expect(pod.errors.first?.contains("Kubernetes does not promise") == true)
    try command.expectFailure(training + ["--distributed", "on"], ["no launcher", "torchrun"])
    let alone = try command.run(training + ["--distributed", "off"], environment: ["JOB_COMPLETION_INDEX": "1"])
    #expect(alone.status == 0, "\(alone)")
  }

  @Test(
    "processes that were not started alike are refused, all of them, and write nothing",
    arguments: [["--batch-size", "5"], ["--seed", "1"], ["--dataset", "other"]], [true, false])
  func different(others: [String], hasAddress: Bool) async throws {
    try command.addDataset(train: 12)
    try command.addDataset("other", train: 14)
    let finished = try await two(
      ["train", "--dataset", "data", "--epochs", "1", "--output", "run"], others: others,
      environment: hasAddress ? Self.address() : [:])
    for one in finished {
      #expect(one.status == 1, "\(finished)")
      #expect(one.errors.last?.contains("process 1 has other settings or other images than process 0") == true)
      #expect(one.errors.count { $0.hasPrefix("Error: ") } == 1)
    }
    #expect(command.files(in: "run") == [])
  }

  @Test("asked to stop while it waits for another, a process stops at once", arguments: [0, 1], [true, false])
  func interruptedWaiting(rank: Int, hasAddress: Bool) async throws {
    try command.addDataset(train: 12)
    let environment = ["WORLD_SIZE": "2", "RANK": "\(rank)", "MASTER_ADDR": "localhost"]
      .merging(hasAddress ? Self.address() : ["TORCHELASTIC_USE_AGENT_STORE": "True"]) { $1 }
    let begin = ContinuousClock.now
    var isSent = false
    let finished = try command.run(
      ["train", "--dataset", "data", "--output", "run"], environment: environment,
      signalling: {
        guard !isSent, ContinuousClock.now - begin > .seconds(8) else { return nil }
        isSent = true
        return SIGINT
      })
    #expect(finished.status == 130 && finished.errors.last == "Interrupted.", "\(finished)")
    #expect(ContinuousClock.now - begin < .seconds(25))
    #expect(!command.files().contains("run"))
  }

  @Test("asked to stop one process stops all, and resumed they end as if nothing had happened", arguments: [0, 1])
  func interrupted(rank: Int) async throws {
    try command.addDataset(train: 12)
    let training = [
      "train", "--dataset", "data", "--architecture", "resnet18", "--size", "8", "--batch-size", "4", "--epochs", "3",
      "--threads", "1",
    ]
    #expect(try await two(training + ["--output", "whole"]).map(\.status) == [0, 0])
    let command = command
    let sent = Mutex(false)
    let broken = try await two(training + ["--output", "run"]) { asked in
      guard asked == rank, command.files(in: "run").contains("checkpoint.safetensors") else { return nil }
      return sent.withLock { sent in
        defer { sent = true }
        return sent ? nil : SIGINT
      }
    }
    #expect(broken.map(\.status) == [130, 130], "\(broken)")
    #expect(broken.map(\.errors.last) == ["Interrupted.", "Interrupted."])
    #expect(!command.files(in: "run").contains("model.safetensors"))
    let resumed = try await two(training + ["--output", "run", "--resume"])
    #expect(resumed.map(\.status) == [0, 0], "\(resumed)")
    #expect(try weights("run") == weights("whole"))
    #expect(try log("run") == log("whole"))
    #expect(command.files(in: "run") == Self.files)
  }

  @Test(
    "a process that is killed ends the others at once with one line, and they can be gone on with", arguments: [0, 1])
  func killed(rank: Int) async throws {
    try command.addDataset(train: 40)
    let training = ["train", "--dataset", "data", "--batch-size", "4", "--epochs", "8", "--threads", "1"]
    #expect(try await two(training + ["--output", "whole"]).map(\.status) == [0, 0])
    let command = command
    let killed = Mutex<ContinuousClock.Instant?>(nil)
    let broken = try await two(training + ["--output", "run"]) { asked in
      guard asked == rank, command.files(in: "run").contains("checkpoint.safetensors") else { return nil }
      killed.withLock { $0 = $0 ?? .now }
      return SIGKILL
    }
    let begin = killed.withLock { $0 }
    #expect(ContinuousClock.now - (try #require(begin)) < .seconds(60))
    #expect(broken[rank].status == -SIGKILL && broken[1 - rank].status == 1, "\(broken)")
    let errors = broken[1 - rank].errors.filter { $0.hasPrefix("Error: ") }
    #expect(errors.count == 1 && errors[0].contains("another process"), "\(broken[1 - rank])")
    #expect(broken[1 - rank].errors.last == errors[0])
    #expect(try await two(training + ["--output", "run", "--resume"]).map(\.status) == [0, 0])
    #expect(try weights("run") == weights("whole"))
    #expect(try log("run") == log("whole"))
  }
}
