import Foundation
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct ModelOptionsTests {
  private let command: Command

  init() throws {
    command = try Command()
    try command.addPictures("photo.png")
  }

  private func script(_ name: String) -> String { Fixture.url("torchscript/\(name).pt").path }

  @Test("a file that is no model")
  func notAModel() throws {
    try command.add(Data("These are notes.".utf8), as: "notes.pt")
    try command.add(Data(), as: "empty.safetensors")
    try command.expectFailure(["explain", "photo.png", "--model", "notes.pt"], ["notes.pt", "torch.export.save"])
    try command.expectFailure(
      ["explain", "photo.png", "--model", "empty.safetensors"], ["empty.safetensors", "damaged"])
    try command.expectFailure(["explain", "photo.png", "--model", "absent.pt"], ["absent.pt", "no file"])
    try command.expectFailure(["explain", "photo.png", "--model", "."], ["is a folder"])
  }

  @Test("a truncated file and one with lying offsets")
  func damaged() async throws {
    let whole = try Data(contentsOf: URL(filePath: try await Materials.model()))
    try command.add(whole.dropLast(1000), as: "cut.safetensors")
    try command.expectFailure(["explain", "photo.png", "--model", "cut.safetensors"], ["cut.safetensors", "damaged"])
    let script = try Data(contentsOf: URL(filePath: script("cnn")))
    try command.add(script.dropLast(script.count / 2), as: "cut.pt")
    try command.expectFailure(["explain", "photo.png", "--model", "cut.pt"], ["cut.pt", "damaged"])

    let length = Int(whole[0]) + Int(whole[1]) << 8
    let header = String(decoding: whole[8..<8 + length], as: UTF8.self)
    let lying = header.replacing(#/"data_offsets":\[0,(\d+)\]/#) { "\"data_offsets\":[0,9\($0.1)]" }
    #expect(lying != header)
    let count = lying.utf8.count
    try command.add(
      Data([UInt8(count & 255), UInt8(count >> 8), 0, 0, 0, 0, 0, 0]) + Data(lying.utf8) + whole[(8 + length)...],
      as: "lies.safetensors")
    try command.expectFailure(
      ["explain", "photo.png", "--model", "lies.safetensors"], ["lies.safetensors", "damaged"])
  }

  @Test(
    "models that answer with something else than logits",
    arguments: [
      ("dense-map", "[N, K]"), ("dictionary", "dictionary"), ("nan", "NaN"), ("unknown-operator", "LIBTORCH"),
    ])
  func unfit(name: String, word: String) throws {
    try command.expectFailure(
      ["explain", "photo.png", "--size", "8", "--model", script(name)], ["\(name).pt: ", word])
  }

  @Test("a network whose weights are NaN fails picture by picture")
  func weightsOfNaN() async throws {
    let path = try await Materials.model()
    let broken = command.folder.file("nan.safetensors")
    try await TorchActor.run {
      var file = try SafeTensors(contentsOf: URL(filePath: path))
      file.tensors["fc.bias"] = try Tensor(repeating: .nan, shape: [4])
      try file.write(to: broken)
    }
    try command.expectFailure(
      ["explain", "photo.png", "--model", "nan.safetensors"], ["photo.png: ", "NaN", "check its weights"])
  }

  @Test("warnings are given once, on standard error")
  func warnings() throws {
    try command.addPictures("a.png", "b.png")
    let finished = try command.run(
      "explain", "a.png", "b.png", "--size", "8", "--model", script("softmax"), "--json")
    #expect(finished.status == 0 && finished.lines.count == 2)
    #expect(finished.errors.count == 1)
    #expect(finished.errors.first?.hasPrefix("Warning: ") == true)
    #expect(finished.errors.first?.contains("softmax.pt: the model ends in a softmax") == true)
  }

  @Test("the probability that is shown is the model's own")
  func modelsProbability() throws {
    try command.addPictures("a.png")
    func probabilities(_ name: String) throws -> [Substring] {
      let finished = try command.run("explain", "a.png", "--size", "8", "--model", script(name), "--json", "--force")
      return finished.output.matches(of: #/"probability":([0-9.e-]+)/#).map { $0.output.1 }
    }
    let (plain, softmax) = try (probabilities("linear"), probabilities("softmax"))
    #expect(plain.count >= 4 && plain == softmax)
  }

  @Test("what a model prints goes to standard error, and cannot command the terminal")
  func printing() throws {
    try command.addPictures("a.png")
    let code = ScriptArchive.code(["print(\"seen \\033[31m\", torch.dim(x))", "return torch.mean(x, [2, 3])"])
    try ScriptArchive(code: code).write(to: command.folder.file("print.pt"))
    let finished = try command.run("explain", "a.png", "--size", "8", "--model", "print.pt", "--json")
    #expect(finished.status == 0 && finished.lines.count == 1)
    #expect(finished.output.hasPrefix("{") && !finished.output.contains("seen"))
    #expect(finished.errors.contains { $0.hasPrefix("seen ?[31m 4") })
  }

  @Test("a file that reaches for others is refused in one line, and they stay as they are")
  func hostile() throws {
    let victim = command.folder.file("victim")
    try Data("precious".utf8).write(to: victim)
    let call = "torch.fill_(torch.from_file(\"victim\", True, 8, dtype=0), 65)"
    try ScriptArchive(code: ScriptArchive.code(["return torch.mean(x, [2, 3]) + torch.sum(\(call))"]))
      .write(to: command.folder.file("hostile.pt"))
    try command.expectFailure(
      ["explain", "photo.png", "--size", "8", "--model", "hostile.pt"], ["hostile.pt: ", "aten::from_file"])
    #expect(try Data(contentsOf: victim) == Data("precious".utf8))
  }

  @Test("labels come from a file, and their number must fit")
  func labels() async throws {
    let model = try await Materials.model()
    try command.add(Data("Katze\nقط منزلي\n  Hund \nHaus\n\n".utf8), as: "names.txt")
    let finished = try command.run(
      "explain", "photo.png", "--model", model, "--labels", "names.txt", "--class", "قط منزلي")
    #expect(finished.status == 0)
    for name in ["Katze", "Hund", "Haus"] { #expect(finished.output.contains(name)) }
    #expect(finished.output.contains("explained: قط منزلي ") || finished.output.contains("photo.png: قط منزلي "))

    try command.add(Data("a\nb\nc\n".utf8), as: "three.txt")
    try command.add(Data("a\n\nb\nc\nd".utf8), as: "gap.txt")
    try command.add(Data([0x61, 0xFF, 0xFE]), as: "binary.txt")
    let cases = [
      ("three.txt", ["3 labels", "4 classes"]), ("gap.txt", ["gap.txt", "line 2 is empty"]),
      ("binary.txt", ["binary.txt", "UTF-8"]), ("absent.txt", ["--labels", "absent.txt"]),
    ]
    for (name, words) in cases {
      try command.expectFailure(["explain", "photo.png", "--model", model, "--labels", name, "--force"], words)
    }
  }

  @Test("the size, and numbers for the channels, must fit")
  func numbers() async throws {
    let model = try await Materials.model()
    for (option, word) in [("--mean", "mean has 2 numbers"), ("--std", "std has 2 numbers")] {
      try command.expectFailure(["explain", "photo.png", "--model", model, option, "0.5,0.5"], [word])
    }
    try command.expectFailure(["explain", "photo.png", "--model", model, "--std", "0"], ["std must be above zero"])
    try command.expectFailure(
      ["explain", "photo.png", "--model", script("linear"), "--size", "9"], ["linear.pt: ", "--size"])
    let finished = try command.run(
      "explain", "photo.png", "--model", model, "--size", "17x31", "--json", "--mean", "0.5")
    #expect(finished.status == 0)
    #expect(finished.output.contains(#""input":{"channels":3,"height":17,"width":31}"#))
  }

  @Test("a preset gives size, fit, normalisation and names; other options go before it")
  func preset() throws {
    func object(_ arguments: String...) throws -> [String: Any] {
      let finished = try command.run(
        ["explain", "photo.png", "--model", script("thousand-classes"), "--json", "--views", "positive", "--save-maps"]
          + ["--force"] + arguments)
      #expect(finished.status == 0 && finished.errors == [])
      return try #require(JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any])
    }
    func map() throws -> [Float] { try readNumPy(command.folder.file("photo.gradient.positive.npy")).values }
    let preset = try object("--preset", "imagenet")
    #expect((preset["input"] as? [String: Int])?["height"] == 224)
    let index = try #require((preset["predicted"] as? [String: Any])?["index"] as? Int)
    #expect(
      (preset["predicted"] as? [String: Any])?["class"] as? String == ModelPreset.imagenet.settings.labels?[index])
    let found = try map()
    _ = try object(
      "--size", "224", "--fit", "crop", "--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225")
    #expect(try found == map())
    let other = try object("--preset", "imagenet", "--size", "20", "--fit", "stretch")
    #expect((other["input"] as? [String: Int])?["height"] == 20)
    try command.expectFailure(
      ["explain", "photo.png", "--model", script("thousand-classes"), "--preset", "cifar10", "--force"],
      ["10 labels", "1000 classes"])
    expectUsageError(["explain", "photo.png", "--preset", "imagenet21k"], ["--preset", "imagenet", "cifar10"])
  }

  @Test("an unknown class is told with those there are")
  func unknownClass() async throws {
    try command.expectFailure(
      ["explain", "photo.png", "--model", try await Materials.model(), "--class", "horse"],
      ["--class", "“horse”", "1, 0, cat, Dog", "0 to 3"])
  }

  @Test("CUDA where there is none", .enabled(if: !Torch.hasCUDA))
  func noCUDA() async throws {
    let model = try await Materials.model()
    try command.expectFailure(
      ["explain", "photo.png", "--model", model, "--device", "cuda"], ["--device cuda", "GPU"])
  }

  @Test("device and threads can be chosen")
  func threads() async throws {
    let finished = try command.run(
      "explain", "photo.png", "--model", try await Materials.model(), "--threads", "1", "--device", "cpu")
    #expect(finished.status == 0 && finished.errors == [])
  }

  @Test("a bundled model's name goes before a file's", .enabled(if: !BundledModel.all.isEmpty))
  func bundledBeforeFile() throws {
    let name = BundledModel.all[0].name
    try command.add(Data("no model".utf8), as: name)
    let finished = try command.run("explain", "photo.png", "--model", name)
    #expect(finished.status == 0 && finished.errors == [])
  }

  @Test(
    "values that an option cannot have are told with the code 64",
    arguments: [
      ("--views", "actve"), ("--views", "active,active"), ("--views", ","), ("--attributions", "gradiants"),
      ("--format", "jpg"), ("--style", "hot"), ("--rivals", "0"), ("--rivals", "some"), ("--opacity", "2"),
      ("--opacity", "nan"), ("--clip", "0"), ("--clip", "101"), ("--memory", "-1"), ("--memory", "much"),
      ("--max-pixels", "0"), ("--size", "0"), ("--size", "8x"), ("--size", "axb"), ("--size", "99999999999999999999"),
      ("--mean", "a,b"), ("--mean", "1,,2"), ("--std", "inf"), ("--fit", "pad"), ("--threads", "0"),
      ("--device", "tpu"), ("--seed", "-1"),
    ])
  func wrongValues(option: String, value: String) {
    expectUsageError(["explain", "photo.png", "\(option)=\(value)"], [option])
  }
}
