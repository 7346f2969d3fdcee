import Foundation
import Saliency
import TestSupport
import Testing

@Suite struct EvaluateTests {
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

  @Test("data and models that do not belong together")
  func strangers() async throws {
    let model = try await Materials.model()
    try command.expectFailure(["evaluate", "--dataset", "data", "--model", model], ["“bright”, “dark”", "--labels"])
    try command.expectFailure(["evaluate", "--dataset", "nowhere", "--model", model], ["“nowhere”"])
    try command.expectFailure(["evaluate", "--dataset", "data", "--model", "absent.pt"], ["absent.pt"])
  }
}
