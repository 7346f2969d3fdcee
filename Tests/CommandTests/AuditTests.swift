import Foundation
import Saliency
import TestSupport
import Testing

@Suite(.slow) struct AuditTests {
  private let command: Command

  init() throws { command = try Command() }

  private func model(_ name: String) -> [String] {
    ["--model", Fixture.url("torchscript/\(name).pt").path, "--size", "8"]
  }

  @Test("a sound model on made-up images: a line a check, and a verdict")
  func madeUp() throws {
    let finished = try command.run(["audit"] + model("linear"))
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.lines.first == "linear.pt on 8 made-up images")
    #expect(finished.lines.last == "Nothing speaks against the maps of this model.")
    #expect(finished.lines.count { $0.hasPrefix("✓ ") } == (Torch.hasCUDA ? 10 : 9))
    #expect(finished.lines.allSatisfy { $0.count <= 100 })
  }

  @Test("an unsound model fails, refused at opening or not", arguments: ["half-detached", "traced-dropout"])
  func unsound(name: String) throws {
    let finished = try command.run(["audit"] + model(name))
    #expect(finished.status == 1 && finished.errors == [])
    #expect(finished.lines.contains { $0.hasPrefix("✗ ") })
    #expect(finished.lines.last == "The maps of this model cannot be trusted: 1 check failed.")
  }

  @Test("pictures of the user's own, as JSON")
  func pictures() throws {
    try command.addPictures("a.png", "b.png")
    let finished = try command.run(["audit", "--images", "a.png", "b.png", "--json"] + model("softmax"))
    #expect(finished.status == 0 && finished.errors == [])
    let report = try JSONDecoder().decode(AuditReport.self, from: Data(finished.output.utf8))
    #expect(report.images == "2 pictures" && report.model == "softmax.pt")
    #expect(report.checks.first { $0.name == "logits, not probabilities" }?.verdict == .passed)
    #expect(report.checks.first?.detail.contains("ends in a softmax") == true)
  }

  @Test("a data set's images, some of them")
  func dataset() async throws {
    try command.addDataset()
    let model = try await Materials.model()
    let finished = try command.run(
      "audit", "--dataset", "data", "--limit", "3", "--model", model, "--size", "8")
    #expect(finished.errors == [])
    #expect(finished.lines.first == "small.safetensors on data, test, 3 of 8 images")
  }

  @Test("a bundled model whose data set is not there is checked on made-up images, and that is said")
  func missingDataset() throws {
    let finished = try command.run("audit", "--model", "cifar10-basic-cnn", "--limit", "1")
    #expect(finished.status == 0)
    #expect(finished.lines.first == "cifar10-basic-cnn on 1 made-up image")
    #expect(finished.errors.count == 1 && finished.errors[0].contains("made-up images"))
  }

  @Test("what cannot be read")
  func bad() throws {
    try command.expectFailure(["audit", "--model", "nothing.pt"], ["nothing.pt"])
    try command.expectFailure(["audit", "--images", "nothing.png"] + model("linear"), ["nothing.png"])
    try command.expectFailure(["audit", "--dataset", "nothing"] + model("linear"), ["nothing"])
    expectUsageError(["audit", "--dataset", "a", "--images", "b.png"], ["--dataset", "--images"])
  }
}
