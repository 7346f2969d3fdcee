import Foundation
import TestSupport
import Testing

@Suite(.slow) struct ReportTests {
  private let command: Command
  private let options: [String]

  init() async throws {
    command = try Command()
    try command.addDataset(train: 1, test: 6)
    try command.add(Data("dark\nbright\n<i>neither</i>\nnor\n".utf8), as: "labels.txt")
    options = ["report", "--dataset", "data", "--model", try await Materials.model(), "--labels", "labels.txt"]
  }

  private func page(_ folder: String = "out") throws -> String {
    try String(contentsOf: command.file("\(folder)/index.html"), encoding: .utf8)
  }

  @Test("a page for one's own model; what is done is kept; other options are not mixed")
  func report() throws {
    let finished = try command.run(options + ["--output", "out"])
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.lines[0].contains("on 12 images of data") && finished.lines.last == "out/index.html")
    #expect(
      command.files(in: "out") == [
        "figures", "index.html", "measured", "report.pdf", "results.json", "settings.json",
      ])
    #expect(
      command.files(in: "out/measured").isSuperset(of: [
        "curves.csv", "summary.json", "predictions.npy", "experiment.json", "examples.json", "black-deletion.pdf",
      ]))
    let html = try page()
    #expect(html.contains("saliency report --dataset data") && !html.contains("Table 2"))
    #expect(html.contains("&lt;i&gt;neither&lt;/i&gt;") == false, "a class without images is not spoken of")
    // Whatever a network of formula weights takes dark and bright noise for, it is one class: the other one has no example.
    #expect(html.contains("No image was classified correctly, so that none is shown, of "))

    #expect(try command.run(options + ["--output", "out", "--resume"]).lines == finished.lines)
    try command.expectFailure(options + ["--output", "out"], ["out holds results", "--resume", "--force"])
    try command.expectFailure(
      options + ["--output", "out", "--resume", "--seed", "3"], ["out", "not mixed; different: seed; give --force"])
    try command.expectFailure(
      options + ["--output", "out", "--resume", "--limit", "2"], ["out/measured", "not mixed; different: test images"])
    let random = try command.run(options + ["--output", "out", "--force", "--examples", "random", "--seed", "3"])
    #expect(random.status == 0)
    #expect(try page().contains("drawn at random with the seed 3"))
  }

  @Test("nothing that is written says where on the machine the user's files are")
  func places() throws {
    let place = command.folder.url.path
    try FileManager.default.moveItem(
      at: command.folder.file("labels.txt"), to: command.folder.file("the user's labels.txt"))
    let finished = try command.run(
      "report", "--dataset", "\(place)/data", "--model", options[4], "--labels=\(place)/the user's labels.txt",
      "--baseline", "\(place)/data/test/dark/0.png", "--attributions", "gradient-x-input", "--views", "original",
      "--output", "\(place)/out")
    #expect(finished.status == 0 && finished.errors == [], "\(finished)")
    let files = try FileManager.default.subpathsOfDirectory(atPath: command.folder.file("out").path)
    #expect(files.count > 20)
    for file in files where !file.hasSuffix(".pdf") {
      guard let data = try? Data(contentsOf: command.folder.file("out/\(file)")) else { continue }
      for name in [place, command.folder.url.lastPathComponent, options[4]] {
        #expect(data.range(of: Data(name.utf8)) == nil, "\(file) has \(name)")
      }
    }
    let html = try page()
    #expect(html.contains("saliency report --dataset data --model \(URL(filePath: options[4]).lastPathComponent) "))
    #expect(html.contains("&#39;--labels=the user&#39;\\&#39;&#39;s labels.txt&#39; --baseline 0.png "))
  }

  @Test("interrupted or killed and started again, it ends as if nothing had happened", arguments: [SIGINT, SIGKILL])
  func interrupted(signal: Int32) throws {
    for step in ["measured/settings.json", "measured/curves.csv", "measured/experiment.json", "results.json"] {
      var sent = false
      _ = try command.run(
        options + ["--output", "out", "--resume"],
        signalling: {
          guard !sent, FileManager.default.fileExists(atPath: command.folder.file("out/\(step)").path) else {
            return nil
          }
          sent = true
          return signal
        })
    }
    #expect(try command.run(options + ["--output", "out", "--resume"]).status == 0)
    #expect(try command.run(options + ["--output", "whole"]).status == 0)
    for file in ["curves.csv", "predictions.npy", "examples.json"] {
      #expect(
        try Data(contentsOf: command.file("out/measured/\(file)"))
          == Data(contentsOf: command.file("whole/measured/\(file)")))
    }
  }

  @Test("folders that cannot be used")
  func folders() throws {
    try command.add(Data("x".utf8), as: "thesis/chapter.txt")
    try command.expectFailure(options + ["--output", "thesis"], ["thesis holds other files", "--output"])
    #expect(command.files(in: "thesis") == ["chapter.txt"])
    try command.expectFailure(options + ["--output", "labels.txt"], ["--output labels.txt"])
    let busy = open(try command.file("busy/.lock").path, O_CREAT | O_RDWR, 0o644)
    flock(busy, LOCK_EX)
    try command.expectFailure(options + ["--output", "busy"], ["busy is in use"])
    close(busy)
  }

  @Test("reproduce: what is missing is said with the command that gets it")
  func reproduce() throws {
    let finished = try command.run(
      "reproduce", "--datasets", "cifar10", "--models", "cnn", "--data", "empty", "-o", "out")
    #expect(finished.status == 1 && finished.output == "" && finished.errors.count == 2)
    #expect(
      finished.errors.first
        == "Warning: The data set cifar10 is not on this machine. Get it with: saliency data fetch cifar10")
    #expect(finished.errors.last?.hasPrefix("Error: there is nothing to reproduce: ") == true)
  }

  @Test(
    "values that an option cannot have are told with the code 64",
    arguments: [
      ("--datasets", "mnist"), ("--datasets", "cifar10,cifar10"), ("--models", "vgg"), ("--seeds", "0"),
      ("--examples", "best"), ("--seed", "-1"), ("--bfloat16", "imagenette"), ("--limit", "0"),
    ])
  func wrongValues(option: String, value: String) {
    expectUsageError(["reproduce", "--output", "o", "\(option)=\(value)"], [option])
  }

  @Test func outputIsNeeded() {
    expectUsageError(["reproduce"], ["--output"])
    expectUsageError(["reproduce", "--output", "o", "--last-epochs", "2"], ["--seeds"])
    expectUsageError(["reproduce", "--output", "o", "--training-precision", "bfloat16"], ["--seeds"])
    expectUsageError(["reproduce", "--output", "o", "--seeds", "2", "--last-epochs", "51"], ["--last-epochs", "50"])
    expectUsageError(["reproduce", "--output", "o", "--epochs", "20"], ["--epochs", "--seeds"])
    expectUsageError(["reproduce", "--output", "o", "--seeds", "2", "--epochs", "0"], ["--epochs", "10000"])
    expectUsageError(
      ["reproduce", "--output", "o", "--seeds", "2", "--epochs", "2", "--last-epochs", "3"],
      ["--last-epochs", "1 and 2"])
    expectUsageError(["reproduce", "--output", "o", "--paper", "other"], ["--paper", "attitude"])
    expectUsageError(["reproduce", "--output", "o", "--quick", "--limit", "3"], ["--quick", "--limit"])
    expectUsageError(["report", "--output", "o"], ["--dataset"])
  }
}
