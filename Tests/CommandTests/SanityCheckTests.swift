import Foundation
import TestSupport
import Testing

@Suite(.slow) struct SanityCheckTests {
  @Test("a table, the verdict and files; results are not replaced unasked")
  func run() async throws {
    let command = try Command()
    try command.addDataset(train: 2, test: 2)
    let options = [
      "sanity-check", "--dataset", "data", "--model", try await Materials.model(), "--output", "sanity", "--images",
      "2",
      "--views", "original,active",
    ]
    let finished = try command.run(options)
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.lines[0].contains("Maps of small.safetensors on data, test, 2 of 4 images"))
    #expect(finished.lines[2].hasPrefix("gradient original ") && finished.lines[4].hasPrefix("gradient signed "))
    #expect(finished.lines[5].hasPrefix("sobel ") && finished.lines[5].hasSuffix(" no"))
    #expect(finished.lines[6].contains("0.50") && finished.lines.count == 7 + 11)
    try command.expectFailure(options, ["sanity holds results", "--force"])
    #expect(try command.run(options + ["--force", "--seed", "2"]).status == 0)
  }

  @Test("what cannot be checked")
  func strangers() async throws {
    let command = try Command()
    try command.addDataset(train: 2, test: 2)
    let script = Materials.fixture("Fixtures/torchscript/cnn.pt").path
    // A warning that its classes have no names comes before.
    let finished = try command.run("sanity-check", "--dataset", "data", "--model", script, "--output", "x")
    #expect(finished.status == 1 && finished.output == "")
    #expect(finished.errors.last?.hasPrefix("Error: cnn.pt: only a built-in network") == true)
    try command.expectFailure(
      [
        "sanity-check", "--dataset", "data", "--model", try await Materials.model(), "--label-randomization", "-o", "x",
      ],
      ["small.safetensors has other classes", "data"])
    #expect(command.files(in: "x").isEmpty)
  }

  @Test(
    "values that an option cannot have are told with the code 64",
    arguments: [
      ("--images", "0"), ("--epochs", "0"), ("--batch-size", "0"), ("--learning-rate", "-1"), ("--views", "rivalry"),
      ("--limit", "0"),
    ])
  func wrongValues(option: String, value: String) {
    expectUsageError(["sanity-check", "--output", "o", "\(option)=\(value)"], [option])
  }
}
