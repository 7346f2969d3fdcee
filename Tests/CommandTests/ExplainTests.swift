import Foundation
import Rasters
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct ExplainTests {
  private let command: Command

  init() throws { command = try Command() }

  private func explain(_ arguments: String...) async throws -> Command.Finished {
    try command.run(["explain", "--model", try await Materials.model()] + arguments)
  }

  /// The explanation that the library gives of a file, at the class that the program explains.
  private func explanation(
    of name: String, rivals: Rivals = .all, class chosen: Int? = nil
  ) async throws -> PictureJob.Explained {
    let path = try await Materials.model()
    let explainer = try await TorchActor.run {
      try Explainer(ModelChoice.open(path).classifier, rivals: rivals, includesRivalry: true)
    }
    return try await withCheckedThrowingContinuation { continuation in
      Task {
        try await PictureJob(explainer, explainedClass: chosen).run([command.folder.file(name)]) {
          continuation.resume(with: $0.result)
        }
      }
    }
  }

  @Test("one picture gives its classes, one figure, and nothing else")
  func onePicture() async throws {
    try command.addPictures("photo.png")
    let finished = try await explain("photo.png")
    #expect(finished.status == 0 && finished.errors == [])
    let prediction = try await explanation(of: "photo.png").explanation.prediction
    let answers = prediction.ranking.map {
      Materials.classes[$0] + String(format: " %.1f%%", 100 * prediction.probabilities[$0])
    }
    #expect(
      finished.output
        == "photo.png: \(answers[0]), then \(answers[1...].joined(separator: ", "))\n  photo.saliency.png\n")
    #expect(command.files() == ["photo.png", "photo.saliency.png"])
    #expect(try PNGPixels(Data(contentsOf: command.folder.file("photo.saliency.png"))).width > 1000)
  }

  @Test("kept maps are the library's")
  func savedMaps() async throws {
    try command.addPictures("photo.png")
    let finished = try await explain("photo.png", "--save-maps", "--views", "original,active,rivalry", "-o", "out/maps")
    #expect(finished.status == 0)
    let files = [
      "photo.saliency.png", "photo.gradient.original.npy", "photo.gradient.active.npy",
      "photo.gradient.rivalry-strongest.npy", "photo.gradient.rivalry-strongest-margin.npy",
      "photo.gradient.rivalry-weakest.npy", "photo.gradient.rivalry-weakest-margin.npy",
    ]
    #expect(finished.lines.dropFirst() == files.map { "  out/maps/\($0)" }[...])
    #expect(command.files(in: "out/maps") == Set(files))
    let explanation = try await explanation(of: "photo.png").explanation
    for view in ["original", "active"] {
      let map = try readNumPy(command.folder.file("out/maps/photo.gradient.\(view).npy"))
      let expected = try #require(explanation.map(view)?.values)
      #expect(map.height == 16 && map.width == 16)
      expectClose(map.values, expected.values, absolute: 1e-5 * (expected.values.max() ?? 0), view)
    }
  }

  @Test("JSON is one object a line for each picture, failures too, and nothing else is on standard output")
  func json() async throws {
    try command.addPictures("a.png", "c.png")
    try command.add([], as: "b.png")
    let finished = try await explain(
      "a.png", "b.png", "c.png", "--json", "--save-maps", "--views", "active", "--rivals", "2")
    #expect(finished.status == 1)
    let objects = try finished.lines.map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.map { $0["image"] as? String } == ["a.png", "b.png", "c.png"])
    #expect(Set(objects[1].keys) == ["image", "error"])
    #expect(objects[1]["error"] as? String == "b.png is empty")
    #expect(finished.errors == ["Error: b.png is empty"])

    let explanation = try await explanation(of: "a.png", rivals: .top(2)).explanation
    let prediction = explanation.prediction
    let object = objects[0]
    #expect(object["model"] as? String == "small.safetensors")
    #expect(object["figure"] as? String == "a.saliency.png")
    #expect(object["transparency"] as? Bool == false)
    #expect(object["rivals"] as? String == "2")
    #expect(object["rivalClasses"] as? [Int] == explanation.rivals)
    #expect(object["input"] as? [String: Int] == ["height": 16, "width": 16, "channels": 3])
    #expect(
      object["maps"] as? [[String: String]] == [
        ["attribution": "gradient", "view": "active", "file": "a.gradient.active.npy"]
      ])
    let predicted = try #require(object["predicted"] as? [String: Any])
    let answers = [predicted] + (object["runnersUp"] as? [[String: Any]] ?? [])
    #expect(answers.count == 4)
    for (answer, index) in zip(answers, prediction.ranking) {
      #expect(answer["index"] as? Int == index)
      #expect(answer["class"] as? String == Materials.classes[index])
      expectClose([answer["probability"] as? Double ?? .nan], [Double(prediction.probabilities[index])], absolute: 1e-5)
      expectClose([answer["logit"] as? Double ?? .nan], [Double(prediction.logits[index])], absolute: 1e-4)
    }
    #expect((object["explained"] as? [String: Any])?["index"] as? Int == prediction.predictedClass)
  }

  @Test("a class's name goes before an index", arguments: [("1", 0), ("dog", 3), ("2", 2)])
  func explainedClass(name: String, index: Int) async throws {
    try command.addPictures("photo.png")
    let finished = try await explain("photo.png", "--class", name, "--json", "--save-maps", "--views", "positive")
    let object = try #require(JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any])
    #expect((object["explained"] as? [String: Any])?["index"] as? Int == index)
    let expected = try #require(
      try await explanation(of: "photo.png", class: index).explanation.map("positive")?.values.values)
    let map = try readNumPy(command.folder.file("photo.gradient.positive.npy"))
    expectClose(map.values, expected, absolute: 1e-5 * (expected.max() ?? 0))
  }

  @Test("another class than the predicted one, and the rivals, are told")
  func told() async throws {
    try command.addPictures("photo.png")
    let ranking = try await explanation(of: "photo.png").explanation.prediction.ranking
    let last = Materials.classes[ranking[3]]
    let finished = try await explain("photo.png", "--class", last, "--rivals", "2")
    #expect(finished.lines[0].contains("; explained: \(last) "))
    #expect(
      finished.lines[0].hasSuffix("; rivals: \(Materials.classes[ranking[0]]), \(Materials.classes[ranking[1]])"))
    let plain = try await explain("photo.png", "--rivals", "2", "--views", "positive", "--force")
    #expect(!plain.output.contains("rivals"))
  }

  @Test("styles and formats of every kind", arguments: [("png", "overlay"), ("pdf", "signed"), ("svg", "heat")])
  func styles(format: String, style: String) async throws {
    try command.addPictures("photo.png")
    let finished = try await explain(
      "photo.png", "--format", format, "--style", style, "--views", "signed,original,rivalry", "--opacity", "0.4",
      "--clip", "100")
    #expect(finished.status == 0 && finished.errors == [])
    let starts: [String: [UInt8]] = ["png": [0x89, 0x50], "pdf": [0x25, 0x50], "svg": [0x3C, 0x3F]]
    let file = try Data(contentsOf: command.folder.file("photo.saliency.\(format)"))
    #expect(file.starts(with: try #require(starts[format])))
  }

  @Test("good pictures are done and bad ones reported, each on a line that names it")
  func badPictures() async throws {
    try command.addPictures("good.png", "pictures/last.png")
    try command.add([], as: "empty.png")
    try command.add(Data("This is a text.".utf8), as: "text.png")
    try command.add(Data(contentsOf: Materials.fixture("PicturesTests/Fixtures/rgb.jpg")).prefix(400), as: "cut.jpg")
    try command.add(Data(), as: "no-pictures/notes.txt")
    let huge = Materials.fixture("PicturesTests/Fixtures/huge.png").path
    let finished = try await explain(
      "good.png", "missing.png", "empty.png", "text.png", "cut.jpg", "no-pictures", huge, "pictures", "-o", "out")
    #expect(finished.status == 1)
    #expect(command.files(in: "out") == ["good.saliency.png", "last.saliency.png"])
    #expect(finished.lines.count == 4)
    #expect(finished.lines.first?.hasPrefix("good.png: ") == true)
    #expect(finished.lines[2].hasPrefix("pictures/last.png: "))
    let expected = [
      "no-pictures contains no pictures", "missing.png: no such file", "empty.png is empty",
      "text.png is not a picture this program can read", "cut.jpg is truncated or damaged",
      "huge.png has 40000×40000 pixels, more than the limit of 100000000; --max-pixels raises it",
    ]
    #expect(finished.errors.count == expected.count)
    for text in expected { #expect(finished.errors.count { $0.contains(text) } == 1, "\(text)") }
    #expect(finished.errors.allSatisfy { $0.hasPrefix("Error: ") })
  }

  @Test("the limit on pixels can be changed")
  func maximumPixels() async throws {
    try Materials.picture(height: 1010, width: 1000, seed: 1).writePNG(to: command.folder.file("photo.png"))
    let refused = try await explain("photo.png", "--max-pixels", "1")
    #expect(refused.status == 1 && refused.errors.count == 1)
    #expect(refused.errors.first?.contains("photo.png has 1000×1010 pixels, more than the limit of 1000000") == true)
    #expect(try await explain("photo.png", "--max-pixels", "2").status == 0)
  }

  @Test("nothing to explain", arguments: [("missing.png", "missing.png"), ("empty", "empty contains no pictures")])
  func nothing(argument: String, message: String) async throws {
    try command.add(Data(), as: "empty/notes.txt")
    try command.expectFailure(["explain", argument, "--model", try await Materials.model()], [message])
  }

  @Test("pictures of one pixel, odd shapes, transparent and grey ones are explained")
  func oddPictures() async throws {
    try PixelArray(repeating: 200, height: 1, width: 1, channels: 3).writePNG(to: command.folder.file("one.png"))
    try PixelArray(repeating: 9, height: 1, width: 3000, channels: 1).writePNG(to: command.folder.file("wide.png"))
    try PixelArray(repeating: 0, height: 3000, width: 2, channels: 3).writePNG(to: command.folder.file("tall.png"))
    let fixture = Materials.fixture("PicturesTests/Fixtures/grey-alpha.png")
    try FileManager.default.copyItem(at: fixture, to: command.folder.file("alpha.png"))
    let finished = try await explain(
      "one.png", "wide.png", "tall.png", "alpha.png", "--style", "overlay", "--fit", "crop")
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.lines.count { $0.contains("transparent parts laid over white") } == 1)
    #expect(command.files().count { $0.hasSuffix(".saliency.png") } == 4)
  }

  @Test("folders are searched; figures made before are no pictures to explain")
  func folders() async throws {
    try command.addPictures("photos/b.png", "photos/sub/a.png", "photos/c 100%#?é.png")
    for extra in [[], ["--force"]] {
      let finished = try command.run(
        ["explain", "--model", try await Materials.model(), "photos", "--output", "photos"] + extra)
      #expect(finished.status == 0 && finished.errors == [])
      #expect(
        finished.lines.filter { !$0.hasPrefix("  ") }.map { $0.prefix { $0 != ":" } } == [
          "photos/b.png", "photos/c 100%#?é.png", "photos/sub/a.png",
        ])
    }
    #expect(
      command.files(in: "photos") == [
        "b.png", "sub", "c 100%#?é.png", "a.saliency.png", "b.saliency.png", "c 100%#?é.saliency.png",
      ])
  }

  @Test("equal stems do not collide, and a picture named twice is explained once")
  func equalStems() async throws {
    try command.addPictures("a/cat.png", "b/cat.png", "b/cat.bmp.png")
    let finished = try await explain("a/cat.png", "b", "a/../a/cat.png", "-o", "out")
    #expect(finished.status == 0)
    #expect(command.files(in: "out") == ["a-cat.saliency.png", "b-cat.saliency.png", "cat.bmp.saliency.png"])
  }

  @Test("nothing is overwritten without --force, and the others are done")
  func existing() async throws {
    try command.addPictures("a.png", "b.png")
    try command.add(Data("precious".utf8), as: "a.saliency.png")
    let finished = try await explain("a.png", "b.png")
    #expect(finished.status == 1)
    #expect(finished.errors == ["Error: a.png: a.saliency.png exists; give --force to overwrite it"])
    #expect(try String(contentsOf: command.folder.file("a.saliency.png"), encoding: .utf8) == "precious")
    #expect(command.files().contains("b.saliency.png"))
    #expect(try await explain("a.png", "b.png", "--force").status == 0)
    #expect(try PNGPixels(Data(contentsOf: command.folder.file("a.saliency.png"))).width > 1000)
  }

  @Test("a folder that cannot be written to is told before any work is done")
  func unwritable() async throws {
    try command.addPictures("photo.png")
    try command.add(Data(), as: "file")
    let model = try await Materials.model()
    for folder in ["file", "file/below", "/proc/no-such-folder"] {
      try command.expectFailure(
        ["explain", "photo.png", "--model", model, "--output", folder], ["--output \(folder): "])
    }
    // Whether root may write there is only known when it is tried.
    let finished = try await explain("photo.png", "--output", "/proc/self")
    #expect(finished.status == 1 && finished.errors.count == 1 && finished.output == "")
    #expect(finished.errors.first?.contains("/proc/self") == true)
  }

  @Test("too little memory for one image is told")
  func memory() async throws {
    try command.addPictures("photo.png")
    try command.expectFailure(
      ["explain", "photo.png", "--model", try await Materials.model(), "--memory", "1KB"], ["--memory"])
  }

  @Test("batches give what single pictures give")
  func batches() async throws {
    try command.addPictures("a.png", "b.png", "c.png", "d.png", "e.png")
    let pictures = ["a.png", "b.png", "c.png", "d.png", "e.png"]
    func maps(_ folder: String, _ memory: String) async throws -> [Raster<Float>] {
      let model = try await Materials.model()
      let finished = try command.run(
        ["explain", "--model", model, "--save-maps", "-o", folder, "--memory", memory] + pictures)
      #expect(finished.lines.filter { !$0.hasPrefix("  ") }.map { $0.prefix(5) } == pictures.map { $0.prefix(5) })
      return try ["a", "b", "c", "d", "e"].map {
        try readNumPy(command.folder.file("\(folder)/\($0).gradient.active.npy"))
      }
    }
    // A batch of one and one of all.
    let refused = try command.run("explain", "--model", try await Materials.model(), "--memory", "1KB", "a.png")
    let needed = try #require(refused.errors.first?.firstMatch(of: #/needs about (\d+\.\d) MB/#)?.1)
    let least = String(format: "%.2fMB", try #require(Double(needed)) + 0.06)
    for (a, b) in zip(try await maps("one", least), try await maps("all", "1GB")) {
      expectClose(a.values, b.values, absolute: 1e-4 * (b.values.max() ?? 0))
    }
  }

  @Test("1,000-class maps of ResNet-18 for a batch of 8 pictures of 224×224 stay under 1.5 GB of memory")
  func memoryOfAThousandClasses() async throws {
    for index in 0..<8 {
      let picture = Materials.picture(height: 224, width: 224, seed: index)
      try picture.writePNG(to: command.folder.file("\(index).png"))
    }
    let finished = try command.run(
      ["explain", "--model", try await Materials.resNet18(), ".", "--rivals", "5", "--output", "out"])
    #expect(finished.status == 0 && finished.errors == [])
    #expect(command.files(in: "out").count == 8)
    #expect(finished.peakMemory < 1_500_000_000, "\(finished.peakMemory / 1_000_000) MB")
    // Below what the weights alone take the measuring would be wrong.
    #expect(finished.peakMemory > 100_000_000)
  }
}
