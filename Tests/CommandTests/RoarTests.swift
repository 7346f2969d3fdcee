import Foundation
import TestSupport
import Testing

@Suite(.slow) struct RoarTests {
  private let command: Command
  private let options: [String]

  init() async throws {
    command = try Command()
    try command.addDataset(train: 3, test: 2)
    options = [
      "roar", "--model", try await Materials.model(), "--dataset", "data", "--views", "original", "--epochs", "1",
      "--fractions", "0.5", "--output", "run",
    ]
  }

  @Test("an estimate, a table and files; results are not replaced unasked")
  func run() throws {
    let estimate = try command.run(options + ["--estimate"])
    #expect(estimate.status == 0 && estimate.lines.count == 1 && estimate.errors == [])
    #expect(estimate.lines.first?.hasPrefix("4 trainings of 0:0") == true)
    #expect(command.files(in: "run").isEmpty)

    let finished = try command.run(options)
    #expect(finished.status == 0 && finished.errors.count == 1)
    #expect(finished.errors.first?.hasPrefix("4 trainings of 0:0") == true)
    #expect(
      finished.lines[0].hasPrefix("small.safetensors on data, ")
        && finished.lines[0].contains(": accuracy of Basic CNN"))
    #expect(finished.lines[1].hasPrefix("removed by ") && finished.lines[2].hasPrefix("gradient original "))
    #expect(finished.lines.count == 5 + 5)
    #expect(command.files(in: "run").isSuperset(of: ["accuracies.csv", "roar.png", "summary.json", "settings.json"]))
    try command.expectFailure(options, ["run holds results", "--force"])
    // All trainings are there.
    let again = try command.run(options + ["--resume"])
    #expect(again.status == 0 && again.output == finished.output)
    #expect(again.errors.first?.hasPrefix("0 trainings") == true)
    // One image of the test set is another one now.
    try Materials.picture(height: 8, width: 8, seed: 99).writePNG(to: command.file("data/test/dark/0.png"))
    let other = try command.run(options + ["--resume"])
    #expect(other.status == 1 && other.output == "" && other.errors.count == 1)
    #expect(other.errors.first?.contains("run holds results of another run") == true)
    #expect(other.errors.first?.contains("different: test images; give --force") == true)
  }

  @Test("two processes share the trainings; what comes out is what one makes")
  func shared() throws {
    let alone = try command.run(options + ["--threads", "1", "--seeds", "2"])
    #expect(alone.status == 0)
    let accuracies = try Data(contentsOf: command.file("run/accuracies.csv"))
    let place = ["--output", "shared", "--threads", "1", "--seeds", "2"]
    let both = try command.runTogether(options.dropLast(2) + place)
    #expect(both.map(\.status) == [0, 0])
    #expect(both.contains { $0.output.contains("removed by ") })
    #expect(try Data(contentsOf: command.file("shared/accuracies.csv")) == accuracies)
    #expect(command.files(in: "shared") == command.files(in: "run"))
    #expect(command.files(in: "shared/trainings") == command.files(in: "run/trainings"))
  }

  @Test("a TorchScript file gives maps, but what is trained must be said")
  func script() throws {
    let script = Materials.fixture("Fixtures/torchscript/cnn.pt").path
    let finished = try command.run(
      "roar", "--model", script, "--dataset", "data", "--views", "original", "--output", "run")
    #expect(finished.status == 1 && finished.output == "")
    #expect(finished.errors.last?.hasPrefix("Error: --architecture is needed") == true)
  }

  @Test(
    "values that an option cannot have are told with the code 64",
    arguments: [
      ("--fractions", "0,0.5"), ("--fractions", "0.5,0.1"), ("--fractions", "1.5"), ("--epochs", "0"),
      ("--seeds", "0"), ("--views", "signed"), ("--views", "rivalry"), ("--learning-rate", "0"),
      ("--batch-size", "0"), ("--architecture", "alexnet"),
    ])
  func wrongValues(option: String, value: String) {
    expectUsageError(["roar", "--output", "o", "\(option)=\(value)"], [option])
  }
}
