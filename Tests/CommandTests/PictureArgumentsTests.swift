import Foundation
import TestSupport
import Testing

@testable import saliency_cli

@Suite(.slow) struct PictureArgumentsTests {
  private let command: Command

  init() throws { command = try Command() }

  @Test(
    "a file whose name begins like an option is told how to be written, not taken for a call for help",
    arguments: ["-dash.jpg", "-h.png", "-output.png", "-hidden", "--photo.png", "-1.png"])
  func dash(name: String) throws {
    try command.add(Data(), as: name)
    let finished = try command.run("explain", name)
    #expect(finished.status == 64 && finished.output == "")
    #expect(finished.errors == ["Error: “\(name)” is no option; if it is a file, write ./\(name)"])
  }

  @Test("names after -- and options are left to the parser")
  func untouched() throws {
    for arguments in [
      ["explain", "--", "-dash.jpg"], ["explain", "a.png", "--output=-o.png"], ["explain", "-h"],
      ["explain", "-o", "x"],
      ["train", "--learning-rate", "-1"], ["explain", "a.png", "--mean", "-0.5"],
    ] { #expect(try CommandLineCheck.checked(arguments) == arguments) }
    #expect(try CommandLineCheck.checked(["explain", "-help"]) == ["explain", "--help"])
  }

  @Test("- is a picture from standard input, among others")
  func standardInput() async throws {
    try command.addPictures("a.png", "stdin.png")
    let finished = try command.run(
      ["explain", "--model", try await Materials.model(), "-", "stdin.png", "-", "--json", "-o", "out"],
      input: command.folder.file("a.png"))
    #expect(finished.status == 0 && finished.errors == [])
    let images = try finished.lines.map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])["image"] as? String
    }
    #expect(images == ["stdin", "stdin.png"])
    #expect(command.files(in: "out") == ["stdin.saliency.png", "stdin.png.saliency.png"])
    let alone = try command.run("explain", "--model", try await Materials.model(), "a.png", "-o", "alone")
    #expect(alone.status == 0)
    #expect(
      try Data(contentsOf: command.file("out/stdin.saliency.png"))
        == Data(contentsOf: command.file("alone/a.saliency.png")))
  }

  @Test("what comes from standard input may be nothing, no picture, or endless")
  func badInput() async throws {
    let model = try await Materials.model()
    try command.expectFailure(["explain", "-", "--model", model], ["stdin is empty"])
    try command.add(Data("a text".utf8), as: "text")
    let finished = try command.run(["explain", "-", "--model", model], input: command.folder.file("text"))
    #expect(finished.status == 1 && finished.errors.count == 1)
    #expect(finished.errors.first?.hasPrefix("Error: stdin is not a picture") == true)
  }

  @Test(
    "a misspelt command is told its neighbour",
    arguments: [
      (["explian", "a.png"], "“explian”; did you mean explain?"), (["data", "fecth"], "“fecth”; did you mean fetch?"),
      (["bench"], "did you mean benchmark?"), (["xyz"], "the commands are audit, benchmark, "),
    ])
  func misspelt(arguments: [String], words: String) throws {
    let error = #expect(throws: CommandError.self) { try CommandLineCheck.checked(arguments) }
    #expect(error?.errorDescription?.contains(words) == true)
  }

  @Test("a misspelt command ends with the code 64, and a picture alone is told the command")
  func misspeltCommand() throws {
    try command.addPictures("photo.png")
    for (argument, words) in [("explian", "explain"), ("photo.png", "saliency explain photo.png")] {
      let finished = try command.run(argument)
      #expect(
        finished.status == 64 && finished.errors == ["Error: there is no command “\(argument)”; did you mean \(words)?"]
      )
    }
  }

  @Test(
    "misspelt names are told their neighbours",
    arguments: [
      ("--views", "actve", "did you mean active?"), ("--attributions", "gradiant", "did you mean gradient?"),
      ("--attributions", "integrated", "did you mean integrated-gradients?"),
    ])
  func misspeltName(option: String, value: String, words: String) {
    expectUsageError(["explain", "photo.png", option, value], [option, words])
  }
}
