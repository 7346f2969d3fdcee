import Foundation
import Saliency
import TestSupport
import Testing

/// `--memory` is about the whole process, of every command: its peak stays below, and what does not fit is refused.
@Suite(.serialized, .slow) struct MemoryTests {
  private let command: Command

  init() throws { command = try Command() }

  private func addNetwork(_ architecture: Architecture = .basicCNN, side: Int = 224) async throws {
    let url = try command.file("model.safetensors")
    try await TorchActor.run {
      let information = ModelInformation(
        architecture: architecture, labels: LabelSet(["bright", "dark"]),
        preprocessing: Preprocessing(height: side, width: side))
      try Network(information, parameters: formulaParameters(architecture, channels: 3, classes: 2)).write(to: url)
    }
  }

  /// An image of the Basic CNN at 224×224 counts as 13 MB, so that seven fit besides the program.
  @Test(
    "the peak of what computes with a model stays below --memory",
    arguments: [
      "explain pictures --save-maps --output out",
      "explain pictures/0.png --format html --output out", "audit --dataset data", "evaluate --dataset data",
      "benchmark --dataset data --no-controls --fractions 0,0.5 --output out",
      "report --dataset data --views original,positive --output out",
      "roar --dataset data --epochs 1 --fractions 0.5 --views original --batch-size 2 --output out",
    ])
  func peak(line: String) async throws {
    try await addNetwork()
    try command.addDataset(train: 2, test: 6)
    for index in 0..<10 {
      let picture = Materials.picture(height: 224, width: 224, seed: index)
      try picture.writePNG(to: try command.file("pictures/\(index).png"))
    }
    let arguments = line.split(separator: " ").map(String.init) + ["--model", "model.safetensors", "--memory", "400MB"]
    let finished = try command.run(arguments)
    #expect(finished.errors.allSatisfy { !$0.hasPrefix("Error") }, "\(finished)")
    #expect(finished.peakMemory < 400_000_000, "\(line): \(finished.peakMemory / 1_000_000) MB")
    // Below what the program alone takes the measuring would be wrong.
    #expect(finished.peakMemory > 200_000_000)
  }

  @Test("the peak of a training stays below what is asked for at least")
  func trainingPeak() throws {
    try command.addDataset(train: 140, test: 4)
    let arguments = [
      "train", "--dataset", "data", "--size", "32", "--architecture", "resnet18", "--epochs", "1", "--output",
    ]
    let refused = try command.run(arguments + ["refused", "--memory", "310MB"])
    let needed = try #require(
      refused.errors.last?.firstMatch(of: #/batches of 128 images needs about (\d+\.\d) MB/#)?.1)
    #expect(refused.status == 1 && !command.files().contains("refused"))
    let least = try #require(Double(needed)) + 0.1
    let finished = try command.run(arguments + ["out", "--memory", String(format: "%.1fMB", least)])
    #expect(finished.status == 0, "\(finished)")
    #expect(Double(finished.peakMemory) < least * 1e6, "\(finished.peakMemory / 1_000_000) MB of \(least)")
  }

  @Test(
    "where not one image fits, every command says what is needed and writes nothing",
    arguments: [
      "explain pictures/0.png", "audit --dataset data", "evaluate --dataset data", "benchmark --dataset data",
      "sanity-check --dataset data", "report --dataset data", "roar --dataset data", "explore",
    ])
  func refused(line: String) async throws {
    try await addNetwork()
    try command.addDataset(train: 2, test: 2)
    try Materials.picture(seed: 0).writePNG(to: try command.file("pictures/0.png"))
    let own = line.hasPrefix("explore") || line.hasPrefix("audit") || line.hasPrefix("evaluate")
    let arguments = line.split(separator: " ").map(String.init) + ["--model", "model.safetensors"]
    try command.expectFailure(
      arguments + (own ? [] : ["--output", "out"]) + ["--memory", "310MB"],
      ["one image needs about", "only 310.0 MB are allowed; raise --memory"])
    #expect(!command.files().contains("out"))
  }

  @Test("trainings within experiments are refused, too", arguments: ["roar", "ground-truth", "sanity-check"])
  func trainings(name: String) async throws {
    try command.addDataset(train: 140, test: 4)
    let model = name == "ground-truth" ? [] : ["--dataset", "data", "--model", "model.safetensors"]
    let trained = name == "sanity-check" ? ["--label-randomization"] : ["--architecture", "resnet18"]
    try await addNetwork(name == "sanity-check" ? .resNet18 : .basicCNN, side: 8)
    // Enough for the maps and too little for AdamW.
    try command.expectFailure(
      [name] + model + trained + ["--output", "out", "--memory", name == "sanity-check" ? "500MB" : "320MB"],
      ["a training on batches of", "MB are allowed; raise --memory"])
  }
}
