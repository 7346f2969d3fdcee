import Foundation
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct EvaluateTests {
  private let command: Command

  init() throws {
    command = try Command()
    try command.addDataset(train: 1, test: 3)
  }

  @Test("accuracy, and every class with its recall and precision")
  func table() async throws {
    let model = try await Materials.model()
    try command.add(Data("dark\nbright\nneither\nnor\n".utf8), as: "labels.txt")
    let finished = try command.run(
      "evaluate", "--dataset", "data", "--model", model, "--labels", "labels.txt", "--size", "8")
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.lines.count == 4)
    let head = finished.lines[0].wholeMatch(
      of: #/small\.safetensors on data, test: accuracy ([01]\.\d{4}) of 6 images/#)
    let accuracy = try #require(head.flatMap { Double($0.1) })
    #expect(finished.lines[1].split(separator: " ") == ["class", "images", "recall", "precision"])
    let rows = finished.lines[2...].map { $0.split(separator: " ") }
    #expect(rows.map { $0[0] } == ["dark", "bright"] && rows.allSatisfy { $0[1] == "3" })
    // The classes are of equal size.
    let recalls = rows.compactMap { Double($0[2]) }
    expectClose([accuracy], [recalls.reduce(0, +) / 2], absolute: 1e-4)
  }

  @Test("a bundled model's own data set, its accuracy as its file says, and its confusion matrix")
  func bundled() throws {
    let finished = try command.run(
      "evaluate", "--model", "fashion-mnist-basic-cnn", "--figure", "confusion.svg")
    let model = try #require(BundledModel.named("fashion-mnist-basic-cnn"))
    let recorded = try #require(try ModelInformation(contentsOf: model.url).origin.accuracy)
    #expect(finished.status == 0 && finished.errors == [])
    let measured = finished.output.firstMatch(of: #/accuracy (0\.\d{4}) of 10000 images/#).flatMap { Double($0.1) }
    // Rounding in another order may turn an image or two of 10,000.
    expectClose([measured ?? 0], [recorded], absolute: 0.0005)
    #expect(finished.lines.last == "confusion.svg")
    let figure = try String(contentsOf: command.file("confusion.svg"), encoding: .utf8)
    #expect(figure.contains("<svg"))
  }

  @Test("all bundled models: those whose data set is not there are told and left out")
  func all() throws {
    let finished = try command.run("evaluate", "--all", "--limit", "200")
    #expect(finished.status == 0)
    #expect(cells(finished.lines[0]) == ["model", "test images", "paper", "in the file", "measured"])
    #expect(finished.lines.count == 1 + BundledModel.all.count)
    for (line, model) in zip(finished.lines.dropFirst(), BundledModel.all) {
      let cells = cells(line)
      #expect(cells.count == 5 && cells[0] == model.name)
      // The paper has four of them.
      #expect((cells[2] == "–") == (model.dataset == "fashion-mnist" || model.name == "cifar10-vit-tiny"))
      #expect((cells[4] == "–") == (model.dataset != "fashion-mnist"), "only Fashion-MNIST is on every machine")
    }
    #expect(finished.errors.allSatisfy { $0.hasPrefix("Warning: ") && $0.contains("saliency data fetch") })
    expectUsageError(["evaluate", "--all", "--dataset", "data"], ["--all", "--dataset"])
    expectUsageError(["evaluate", "--figure", "confusion.gif"], ["--figure confusion.gif", ".png"])
  }

  /// Columns are two spaces apart.
  private func cells(_ line: String) -> [String] {
    line.split(separator: "  ").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  @Test("data and models that do not belong together")
  func strangers() async throws {
    let model = try await Materials.model()
    try command.expectFailure(["evaluate", "--dataset", "data", "--model", model], ["“bright”, “dark”", "--labels"])
    try command.expectFailure(["evaluate", "--model", model], ["--dataset", "small.safetensors"])
    try command.expectFailure(["evaluate", "--dataset", "nowhere", "--model", model], ["“nowhere”"])
    try command.expectFailure(["evaluate", "--dataset", "data", "--model", "absent.pt"], ["absent.pt"])
  }

  @Test("decoded images are kept in the folder of --data, or else in the user's cache")
  func decodedImages() async throws {
    let model = try await Materials.model()
    let evaluation = ["evaluate", "--dataset", "data", "--model", model, "--labels", "labels.txt", "--size", "8"]
    try command.add(Data("dark\nbright\nneither\nnor\n".utf8), as: "labels.txt")
    let first = try command.run(evaluation + ["--data", "kept"])
    let second = try command.run(evaluation + ["--data", "kept"])
    let third = try command.run(evaluation)
    #expect(first.status == 0 && first.output == second.output && first.output == third.output)
    #expect(command.files(in: "kept/decoded").count == 1)
    let own = command.cache.file("saliency/decoded").path
    #expect(try FileManager.default.contentsOfDirectory(atPath: own) == Array(command.files(in: "kept/decoded")))
  }

  @Test("a full disk leaves the images in memory and says so")
  func fullDisk() async throws {
    let model = try await Materials.model()
    try command.add(Data("dark\nbright\nneither\nnor\n".utf8), as: "labels.txt")
    let evaluation = ["evaluate", "--dataset", "data", "--model", model, "--labels", "labels.txt", "--size", "16"]
    // The pixels, 6144 bytes, and the pixels without what follows them.
    for limit in [1024, 6144] {
      let finished = try command.run(evaluation + ["--data", "kept"], fileSizeLimit: limit)
      #expect(finished.status == 0 && finished.output.contains("of 6 images"))
      #expect(
        finished.errors == [
          "Warning: the decoded images cannot be kept in kept/decoded: File too large; they will have to be decoded again"
        ])
      #expect(command.files(in: "kept/decoded") == [])
    }
    #expect(try command.run(evaluation + ["--data", "kept"]).errors == [])
    #expect(command.files(in: "kept/decoded").count == 1)
  }

  @Test("a cache that cannot be written to costs nothing but a warning")
  func unwritableCache() async throws {
    let model = try await Materials.model()
    try command.add(Data("dark\nbright\nneither\nnor\n".utf8), as: "labels.txt")
    let finished = try command.run(
      ["evaluate", "--dataset", "data", "--model", model, "--labels", "labels.txt", "--size", "16"],
      environment: ["XDG_CACHE_HOME": "/proc"])
    #expect(finished.status == 0 && finished.output.contains("of 6 images"))
    #expect(
      finished.errors == [
        "Warning: the decoded images cannot be kept in /proc/saliency/decoded: no such file or directory; they will have to be decoded again"
      ])
  }

  @Test("a part of the images, and none that are grey")
  func partOfTheImages() async throws {
    let model = try await Materials.model()
    try command.add(Data("dark\nbright\nneither\nnor\n".utf8), as: "labels.txt")
    let evaluation = ["evaluate", "--dataset", "data", "--model", model, "--labels", "labels.txt", "--size", "8"]
    let limited = try command.run(evaluation + ["--limit", "4"])
    #expect(limited.output.hasPrefix("small.safetensors on data, test, 4 of 6 images: accuracy "))
    #expect(limited.lines[2...].allSatisfy { $0.split(separator: " ")[1] == "2" })
    try PixelArray(height: 8, width: 8, values: Array(repeating: 9, count: 64))
      .writePNG(to: command.file("data/test/dark/3.png"))
    #expect(try command.run(evaluation).output.contains("of 7 images"))
    #expect(try command.run(evaluation + ["--skip-grey"]).output.contains("of 6 images"))
    try command.expectFailure(evaluation + ["--limit", "0"], ["--limit"], status: 64)
  }
}
