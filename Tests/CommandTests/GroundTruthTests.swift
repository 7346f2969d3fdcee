import Foundation
import TestSupport
import Testing

@Suite(.slow) struct GroundTruthTests {
  @Test("a table and files; results are not replaced unasked")
  func run() throws {
    let command = try Command()
    let options = [
      "ground-truth", "--output", "truth", "--images", "8", "--training-images", "32", "--epochs", "1",
      "--attributions", "gradient", "--views", "positive,active",
    ]
    let finished = try command.run(options)
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.lines[0].hasPrefix("Basic CNN on generated shapes: 8 images, accuracy 0."))
    #expect(finished.lines.count == 2 + 2 * 3 + 8)
    #expect(finished.lines[2].hasPrefix("gradient ") && finished.lines[7].hasPrefix("sobel "))
    #expect(command.files(in: "truth").isSuperset(of: ["scores.csv", "summary.json", "views.png", "training"]))
    try command.expectFailure(options, ["truth holds results", "--force"])
    #expect(try command.run(options + ["--resume"]).output == finished.output)
  }

  @Test(
    "values that an option cannot have are told with the code 64",
    arguments: [
      ("--images", "7"), ("--epochs", "0"), ("--training-images", "0"), ("--views", "signed"), ("--views", "rivalry"),
      ("--attributions", "magic"), ("--baseline", "white"), ("--samples", "0"),
    ])
  func wrongValues(option: String, value: String) {
    expectUsageError(["ground-truth", "--output", "o", "\(option)=\(value)"], [option])
  }
}
