import Foundation
import Testing

@Suite struct SaliencyCommandTests {
  private let command: Command

  init() throws { command = try Command() }

  @Test func version() throws {
    let finished = try command.run("--version")
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.output.wholeMatch(of: #/\d+\.\d+\.\d+\n/#) != nil)
  }

  @Test(
    "help fits a terminal of 80 columns",
    arguments: [[], ["--help"], ["explain", "-h"], ["train", "--help"], ["help", "models"]])
  func help(arguments: [String]) throws {
    let finished = try command.run(arguments)
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.output.contains("USAGE: saliency"))
    #expect(finished.lines.allSatisfy { $0.count <= 80 })
  }

  @Test("examples are given, one a line", arguments: ["explain", "train"])
  func examples(subcommand: String) throws {
    let lines = try command.run(subcommand, "--help").lines
    let start = try #require(lines.firstIndex(of: "EXAMPLES"))
    let end = try #require(lines[(start + 1)...].firstIndex { !$0.hasPrefix("  ") })
    #expect(lines[start + 1..<end].count { $0.hasPrefix("  saliency \(subcommand) ") } >= 3)
  }

  @Test("shells are told how to complete", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let finished = try command.run("--generate-completion-script", shell)
    #expect(finished.status == 0 && finished.errors == [])
    for word in ["explain", "train", "models", "save-maps"] { #expect(finished.output.contains(word)) }
  }

  @Test(
    "a wrong command line is told with the code 64",
    arguments: [
      (["explian"], "explian"), (["explain"], "image"), (["explain", "--nonsense", "a.png"], "--nonsense"),
      (["explain", "a.png", "--size"], "--size"), (["train"], "--dataset"), (["train", "--dataset", "x"], "--output"),
    ])
  func usage(arguments: [String], word: String) throws { try command.expectFailure(arguments, [word], status: 64) }
}
