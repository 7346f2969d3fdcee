import Foundation
import TestSupport
import Testing

/// What all commands with a folder of results have in common.
@Suite(.slow) struct RunOptionsTests {
  private let command: Command

  init() throws {
    command = try Command()
    try command.addDataset(train: 2, test: 2)
  }

  private static let commands = [
    ["benchmark", "--dataset", "data"], ["roar", "--dataset", "data"], ["sanity-check", "--dataset", "data"],
    ["report", "--dataset", "data"], ["train", "--dataset", "data", "--size", "16"],
    ["ground-truth", "--training-images", "16"], ["reproduce", "--datasets", "cifar10"],
  ]

  /// With a model where the command takes one.
  private func arguments(_ words: [String]) async throws -> [String] {
    guard ["benchmark", "roar", "sanity-check", "report"].contains(words[0]) else {
      return words + ["--output", "out"]
    }
    try command.add(Data("dark\nbright\nneither\nnor\n".utf8), as: "labels.txt")
    return words + ["--output", "out", "--model", try await Materials.model(), "--labels", "labels.txt"]
  }

  @Test("a folder in which another program is at work", arguments: commands)
  func busy(words: [String]) async throws {
    let lock = open(try command.file("out/.lock").path, O_CREAT | O_RDWR, 0o644)
    #expect(flock(lock, LOCK_EX) == 0)
    defer { close(lock) }
    for option in [["--resume"], ["--force"]] where option == ["--resume"] || words[0] == "train" {
      let finished = try command.run(try await arguments(words) + option)
      #expect(finished.status == 1 && finished.output == "")
      #expect(
        finished.errors.last == "Error: out is in use by another run; wait for it, or choose another --output")
    }
    #expect(command.files(in: "out") == [".lock"])
  }

  @Test("a folder with other files is left alone, before any work is done", arguments: commands)
  func otherFiles(words: [String]) async throws {
    try command.add(Data("x".utf8), as: "out/chapter.txt")
    try command.expectFailure(try await arguments(words), ["out holds other files; choose another --output"])
    #expect(command.files(in: "out") == ["chapter.txt"])
  }

  @Test("to go on and to begin anew contradict each other", arguments: commands)
  func contradiction(words: [String]) {
    expectUsageError(words + ["--output", "o", "--resume", "--force"], ["--resume", "--force"])
  }

  @Test("what a killed program has left is removed, and a training of other images is refused")
  func killed() throws {
    let training = ["train", "--dataset", "data", "--epochs", "1", "--batch-size", "4", "--output", "out"]
    try command.add(Data("x".utf8), as: "out/.saliency-1.tmp")
    #expect(try command.run(training + ["--resume"]).status == 0)
    let results: Set = ["model.safetensors", "checkpoint.safetensors", "log.csv", "curves.png", "settings.json"]
    #expect(command.files(in: "out") == results)
    try Materials.picture(height: 8, width: 8, seed: 99).writePNG(to: command.file("data/train/dark/0.png"))
    let other = try command.run(training + ["--resume"])
    #expect(other.status == 1 && other.output == "" && command.files(in: "out") == results)
    #expect(
      other.errors.last
        == "Error: out holds results of another run, and they are not mixed; different: training images; give --force to "
        + "remove them and begin anew, or another --output")
  }
}
