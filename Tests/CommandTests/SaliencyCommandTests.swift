import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import saliency_cli

/// What the parser says needs no run of the program, which takes half a second each.
func expectUsageError(
  _ arguments: [String], _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    _ = try SaliencyCommand.parseAsRoot(arguments)
    Issue.record("saliency \(arguments.joined(separator: " ")) is accepted", sourceLocation: sourceLocation)
  } catch {
    #expect(SaliencyCommand.exitCode(for: error).rawValue == 64, sourceLocation: sourceLocation)
    let message = SaliencyCommand.message(for: error)
    #expect(message.split(separator: "\n").count == 1, sourceLocation: sourceLocation)
    for word in words { #expect(message.contains(word), sourceLocation: sourceLocation) }
  }
}

@Suite(.slow) struct SaliencyCommandTests {
  @Test func version() throws {
    let finished = try Command().run("--version")
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.output.wholeMatch(of: #/\d+\.\d+\.\d+\n/#) != nil)
  }

  @Test("help is on standard output", arguments: [[], ["help", "explain"]])
  func help(arguments: [String]) throws {
    let finished = try Command().run(arguments)
    #expect(finished.status == 0 && finished.errors == [])
    #expect(finished.output.contains("USAGE: saliency"))
  }

  @Test("help fits a terminal of 80 columns, and its examples are one a line")
  func examples() throws {
    let helps = [
      (Explain.helpMessage(columns: 80), "explain"), (Train.helpMessage(columns: 80), "train"),
      (Benchmark.helpMessage(columns: 80), "benchmark"), (Reproduce.helpMessage(columns: 80), "reproduce"),
      (Report.helpMessage(columns: 80), "report"), (Evaluate.helpMessage(columns: 80), "evaluate"),
      (Audit.helpMessage(columns: 80), "audit"), (GroundTruth.helpMessage(columns: 80), "ground-truth"),
      (SanityCheckCommand.helpMessage(columns: 80), "sanity-check"), (Roar.helpMessage(columns: 80), "roar"),
      (DataCommand.Fetch.helpMessage(columns: 80), "data fetch"),
      (DataCommand.Verify.helpMessage(columns: 80), "data verify"),
      (DataCommand.Export.helpMessage(columns: 80), "data export"),
    ]
    for (help, name) in helps {
      let lines = help.split(separator: "\n")
      #expect(lines.allSatisfy { $0.count <= 80 })
      let start = try #require(lines.firstIndex(of: "EXAMPLES"))
      let end = try #require(lines[(start + 1)...].firstIndex { !$0.hasPrefix("  ") })
      #expect(lines[start + 1..<end].count { $0.hasPrefix("  saliency \(name) ") } >= 3)
      // What an example says must be understood.
      let commands = lines[start + 1..<end].joined(separator: "\n").replacing("\\\n", with: " ")
      for command in commands.split(separator: "\n") {
        // A launcher and its options may come first.
        let words = command.prefix { $0 != "|" }.split(separator: " ").map(String.init).drop { $0 != "saliency" }
        #expect(throws: Never.self, "\(command)") { try SaliencyCommand.parseAsRoot(Array(words.dropFirst())) }
      }
    }
  }

  @Test("help names what is needed every day, and how to see the rest")
  func shortHelp() throws {
    let options = #/(?m)^  (?:-\w, )?(--[a-z-]+)/#
    func names(_ help: String) -> Set<String> { Set(help.matches(of: options).map { String($0.1) }) }
    let short = names(Explain.helpMessage(columns: 80))
    #expect(short.isSuperset(of: ["--model", "--preset", "--views", "--class", "--output", "--style", "--help-all"]))
    #expect(short.isDisjoint(with: ["--quadrature", "--mean", "--rivals", "--memory", "--threads", "--clip"]))
    #expect(short.count <= 16, "\(short.sorted())")
    let finished = try Command().run("explain", "--help-all")
    #expect(finished.status == 0 && finished.errors == [])
    let all = names(finished.output)
    #expect(all.isSuperset(of: short.union(["--quadrature", "--mean", "--rivals", "--memory", "--threads", "--clip"])))
  }

  @Test("shells are told how to complete", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let finished = try Command().run("--generate-completion-script", shell)
    #expect(finished.status == 0 && finished.errors == [])
    for word in ["explain", "train", "models", "fetch", "save-maps"] { #expect(finished.output.contains(word)) }
  }

  @Test("a wrong command line ends with the code 64")
  func wrongCommandLine() throws {
    try Command().expectFailure(
      ["explain", "photo.png", "--format", "jpg"], ["--format", "png", "pdf", "svg"], status: 64)
  }

  @Test(
    "what is wrong with a command line is said",
    arguments: [
      (["explian"], "explian"), (["explain"], "image"), (["explain", "--nonsense", "a.png"], "--nonsense"),
      (["explain", "a.png", "--size"], "--size"), (["train"], "--dataset"), (["train", "--dataset", "x"], "--output"),
    ])
  func usage(arguments: [String], word: String) { expectUsageError(arguments, [word]) }
}
