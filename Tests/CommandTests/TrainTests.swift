import Foundation
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct TrainTests {
  private let command: Command

  init() throws { command = try Command() }

  private func weights(_ folder: String) async throws -> [String: [Float]] {
    let url = command.folder.file("\(folder)/model.safetensors")
    return try await TorchActor.run { try Network.read(url).parameters.mapValues { try $0.floats() } }
  }

  /// Epoch, loss and accuracy of every epoch.
  private func log(_ folder: String) throws -> [[Substring]] {
    try String(contentsOf: command.folder.file("\(folder)/log.csv"), encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",").prefix(3).map { $0 }
    }
  }

  @Test("class folders become a model that explains", arguments: ["basic-cnn", "resnet18", "vit-tiny"])
  func classFolders(architecture: String) throws {
    try command.addDataset()
    let finished = try command.run(
      "train", "--dataset", "data", "--output", "run", "--architecture", architecture, "--epochs", "2", "--batch-size",
      "8", "--size", "16", "--seed", "3")
    #expect(finished.status == 0)
    #expect(finished.lines.count == 2 && finished.lines.last == "run/model.safetensors")
    #expect(finished.lines.first?.wholeMatch(of: #/test accuracy [01]\.\d{4}/#) != nil)
    #expect(finished.errors.first == "data, class folders, 24 + 8 images of 16×16 (32 resized); 2 classes")
    #expect(finished.errors.count == 3)
    for (line, epoch) in zip(finished.errors.dropFirst(), 1...2) {
      #expect(
        line.wholeMatch(of: #/epoch (\d) of 2: loss \d+\.\d{4}, test accuracy [01]\.\d{4}, \d+ images/s/#)?.1
          == "\(epoch)")
    }
    #expect(
      command.files(in: "run") == [
        "model.safetensors", "checkpoint.safetensors", "log.csv", "curves.png", "settings.json",
      ])

    let picture = "data/test/bright/0.png"
    let explained = try command.run("explain", picture, "--model", "run/model.safetensors")
    #expect(explained.status == 0 && explained.errors == [])
    #expect(explained.output.contains("bright ") && explained.output.contains("dark "))
  }

  @Test("a transformer is looked into and explained by every attribution; its image size is its own")
  func transformer() throws {
    try command.addDataset()
    let trained = try command.run(
      "train", "--dataset", "data", "--output", "run", "--architecture", "vit-tiny", "--epochs", "1", "--size", "16")
    #expect(trained.status == 0)
    let model = ["--model", "run/model.safetensors"]
    let inspected = try command.run(["models", "inspect", "run/model.safetensors", "--layers"])
    #expect(inspected.status == 0 && inspected.output.contains("ViT-Tiny"))
    #expect(inspected.lines.contains { $0.contains("blocks.3.norm2") && $0.contains("4×4") })
    let picture = "data/test/bright/0.png"
    let explained = try command.run(
      [
        "explain", picture, "--attributions", "all", "--steps", "2", "--samples", "2", "--masks", "3", "--baselines",
        "data",
      ]
        + model)
    #expect(explained.status == 0 && !explained.errors.contains { $0.contains("Left out") }, "\(explained)")
    try command.expectFailure(["explain", picture, "--size", "32"] + model, ["images of another size"])
    let other = try command.run(
      "train", "--dataset", "data", "--output", "other", "--architecture", "vit-tiny", "--size", "24", "--start",
      "run/model.safetensors")
    #expect(other.status == 1 && other.errors.last?.contains("its weights are for images of 16×16 pixels") == true)
  }

  @Test("what was left out is on record")
  func limited() async throws {
    try command.addDataset()
    let finished = try command.run(
      "train", "--dataset", "data", "--output", "run", "--epochs", "1", "--batch-size", "8", "--limit", "10")
    let record = "data, class folders, 24 + 8 images of 8×8, limited to 10 of 24 + 8 of 8 images"
    #expect(finished.errors.first == "\(record); 2 classes")
    let url = command.folder.file("run/model.safetensors")
    #expect(try await TorchActor.run { try Network.read(url).information.origin.dataset } == record)
  }

  @Test("IDX files become a model that explains")
  func idx() throws {
    try command.addIDX()
    let finished = try command.run(
      "train", "--dataset", "idx", "--output", "run", "--epochs", "1", "--batch-size", "4")
    #expect(finished.status == 0)
    #expect(finished.errors.first == "idx, IDX files, 10 + 4 grey images of 6×6; 10 classes")
    try command.addPictures("photo.png")
    let explained = try command.run("explain", "photo.png", "--model", "run/model.safetensors", "--json")
    #expect(explained.output.contains(#""input":{"channels":1,"height":6,"width":6}"#))
  }

  @Test("interrupted and resumed, it ends as if nothing had happened")
  func interrupted() async throws {
    try command.addDataset(train: 40)
    let training = ["train", "--dataset", "data", "--batch-size", "4", "--epochs", "8"]
    #expect(try command.run(training + ["--output", "whole"]).status == 0)
    var sent = false
    let broken = try command.run(
      training + ["--output", "run"],
      signalling: {
        guard !sent, command.files(in: "run").contains("checkpoint.safetensors") else { return nil }
        sent = true
        return SIGINT
      })
    #expect(broken.status == 130)
    #expect(broken.output == "" && broken.errors.last == "Interrupted.")
    #expect(!command.files(in: "run").contains("model.safetensors"))
    let resumed = try command.run(training + ["--output", "run", "--resume"])
    #expect(resumed.status == 0)
    #expect(resumed.errors.contains { $0.hasPrefix("going on with epoch ") })
    #expect(try await weights("run") == weights("whole"))
    #expect(try log("run") == log("whole"))
    #expect(try log("run").count == 9)
  }

  @Test("killed at any moment and resumed, it ends as if nothing had happened")
  func killed() async throws {
    try command.addDataset(train: 40)
    let training = ["train", "--dataset", "data", "--batch-size", "4", "--epochs", "8"]
    #expect(try command.run(training + ["--output", "whole"]).status == 0)
    var kills = 0
    // Milliseconds after the first sign of life, so that slow machines are killed at work as well.
    for delay in [0, 70, 260] {
      var alive: ContinuousClock.Instant?
      let before = modified("run/checkpoint.safetensors")
      let finished = try command.run(
        training + ["--output", "run", "--resume"],
        signalling: {
          if alive == nil, modified("run/checkpoint.safetensors") != before { alive = .now }
          guard let alive, ContinuousClock.now - alive > .milliseconds(delay) else { return nil }
          return SIGKILL
        })
      if finished.status == -SIGKILL { kills += 1 }
    }
    #expect(kills > 0)
    #expect(try command.run(training + ["--output", "run", "--resume"]).status == 0)
    #expect(try await weights("run") == weights("whole"))
    #expect(try log("run") == log("whole"))
  }

  @Test("a full disk leaves the previous checkpoint, which can be gone on with")
  func fullDisk() throws {
    try command.addIDX()
    let training = ["train", "--dataset", "idx", "--output", "run", "--batch-size", "4"]
    #expect(try command.run(training + ["--epochs", "1"]).status == 0)
    let checkpoint = command.folder.file("run/checkpoint.safetensors")
    let (kept, files) = (try Data(contentsOf: checkpoint), command.files(in: "run"))
    let full = try command.run(training + ["--epochs", "3", "--resume"], fileSizeLimit: 1_000_000)
    #expect(full.status == 1 && full.output == "")
    #expect(
      full.errors.last?.hasPrefix("Error: ") == true && full.errors.last?.contains("checkpoint.safetensors") == true)
    #expect(try Data(contentsOf: checkpoint) == kept)
    #expect(command.files(in: "run") == files)
    #expect(try command.run(training + ["--epochs", "3", "--resume"]).status == 0)
    #expect(try log("run").count == 4)
  }

  @Test("mixed precision, half-size weights and a model to start from")
  func precisionWeightsStart() throws {
    try command.addDataset()
    let training = ["train", "--dataset", "data", "--epochs", "1", "--batch-size", "8"]
    #expect(
      try command.run(training + ["--size", "8", "--output", "a", "--precision", "bfloat16", "--weights", "float16"])
        .status == 0)
    let start = "a/model.safetensors"
    let next = try command.run(training + ["--size", "16", "--output", "b", "--start", start])
    #expect(next.status == 0, "\(next.errors)")
    let sizes = try ["a", "b"].map {
      try #require(
        FileManager.default.attributesOfItem(atPath: command.file("\($0)/model.safetensors").path)[.size] as? Int)
    }
    #expect(Double(sizes[0]) < 0.55 * Double(sizes[1]))
    try command.expectFailure(training + ["--output", "c", "--start", "nowhere"], ["--start nowhere"])
    for (options, words) in [
      (["--start", start, "--architecture", "resnet18"], "its architecture is basic-cnn"),
      (["--start", "cifar10-basic-cnn"], "its classes are others"),
    ] {
      let finished = try command.run(training + ["--output", "c"] + options)
      #expect(finished.status == 1 && finished.errors.last?.contains(words) == true, "\(finished.errors)")
    }
  }

  private func modified(_ name: String) -> Date? {
    try? FileManager.default.attributesOfItem(atPath: command.folder.file(name).path)[.modificationDate] as? Date
  }

  @Test("results of another training are neither overwritten nor mixed up")
  func otherTraining() throws {
    try command.addIDX()
    let training = ["train", "--dataset", "idx", "--output", "run", "--epochs", "1", "--batch-size", "4"]
    // Killed before the first checkpoint, as it were.
    #expect(try command.run(training + ["--resume"]).status == 0)
    try command.expectFailure(training, ["run holds results", "--resume", "--force"])
    let other = try command.run(training + ["--resume", "--learning-rate", "0.1"])
    #expect(other.status == 1 && other.errors.last?.contains("different: learning rate; give --force") == true)
    #expect(try command.run(training + ["--resume", "--epochs", "2"]).status == 0)
    #expect(try log("run").count == 3)
    #expect(try command.run(training + ["--force"]).status == 0)
    #expect(try log("run").count == 2)
    try command.add(Data("broken".utf8), as: "run/checkpoint.safetensors")
    let damaged = try command.run(training + ["--resume"])
    #expect(damaged.status == 1 && damaged.errors.last?.contains("the checkpoint is damaged") == true)
  }

  @Test("bad data is named")
  func badData() throws {
    let output = ["--output", "run"]
    try command.expectFailure(["train", "--dataset", "nowhere"] + output, ["“nowhere”", "fashion-mnist"])
    try command.addPictures("one/train/a/0.png", "one/test/a/0.png")
    try command.expectFailure(["train", "--dataset", "one"] + output, ["one/train", "at least two class folders"])
    try command.addPictures("empty/train/a/0.png", "empty/train/b/0.png", "empty/test/a/0.png")
    try command.add(Data(), as: "empty/test/b/notes.txt")
    try command.expectFailure(["train", "--dataset", "empty"] + output, ["empty/test/b", "no pictures"])
    try command.addPictures("untested/train/a/0.png", "untested/train/b/0.png")
    try command.expectFailure(["train", "--dataset", "untested"] + output, ["untested", "test or val"])
    try command.addDataset("bad")
    try command.add(Data("text".utf8), as: "bad/train/dark/3.png")
    try command.expectFailure(["train", "--dataset", "bad"] + output, ["bad/train/dark/3.png", "1 of 32"])
    try command.addIDX("cut")
    let images = command.folder.file("cut/train-images-idx3-ubyte")
    try Data(contentsOf: images).dropLast(5).write(to: images)
    try command.expectFailure(["train", "--dataset", "cut"] + output, ["train-images-idx3-ubyte", "truncated"])
    try command.addPictures("sizes/train/a/0.png", "sizes/train/b/0.png", "sizes/test/a/0.png")
    try Materials.picture(height: 9, width: 9, seed: 0).writePNG(to: command.file("sizes/test/b/0.png"))
    try command.expectFailure(["train", "--dataset", "sizes"] + output, ["sizes/test/b/0.png", "--size"])
  }

  @Test("an unreadable image among a hundred is left out and named")
  func unreadableImage() throws {
    try command.addDataset(train: 60)
    try command.add(Data(), as: "data/train/dark/3.png")
    let finished = try command.run(
      "train", "--dataset", "data", "--output", "run", "--epochs", "1", "--batch-size", "32")
    #expect(finished.status == 0)
    #expect(finished.errors.first == "Warning: data/train/dark/3.png is empty; left out")
  }

  @Test("an output folder that cannot be made")
  func unwritable() throws {
    try command.addIDX()
    try command.add(Data(), as: "file")
    for folder in ["file", "file/below", "/proc/no-such-folder"] {
      try command.expectFailure(["train", "--dataset", "idx", "--output", folder], ["--output \(folder)"])
    }
  }

  @Test(
    "values that an option cannot have are told with the code 64",
    arguments: [
      ("--epochs", "0"), ("--batch-size", "0"), ("--learning-rate", "0"), ("--learning-rate", "nan"),
      ("--weight-decay", "-1"), ("--architecture", "vgg"), ("--size", "0"), ("--seed", "x"),
    ])
  func wrongValues(option: String, value: String) {
    expectUsageError(["train", "--dataset", "d", "--output", "o", "\(option)=\(value)"], [option])
  }
}
