import ArgumentParser
import Foundation
import Testing

@testable import saliency_cli

/// The article with every subcommand's help is made from the help texts:
/// `UPDATE_REFERENCE=1 swift test --filter CommandReferenceTests` writes it anew.
@Suite struct CommandReferenceTests {
  private static let article = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/Saliency/Saliency.docc/CommandReference.md")

  /// Each command that does something, with its words.
  private static func commands(
    below command: any ParsableCommand.Type, _ words: [String]
  ) -> [(words: [String], command: any ParsableCommand.Type)] {
    let subcommands = command.configuration.subcommands
    guard subcommands.isEmpty else {
      return subcommands.flatMap { commands(below: $0, words + [$0._commandName]) }
    }
    return [(words, command)]
  }

  private static var reference: String {
    let sections = commands(below: SaliencyCommand.self, ["saliency"]).map { words, command in
      let help = SaliencyCommand.helpMessage(for: command, includeHidden: true, columns: 100)
        .split(separator: "\n", omittingEmptySubsequences: false).map { line in
          String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
      return "## \(words.joined(separator: " "))\n\n```text\n\(help)\n```\n"
    }
    return """
      # Every command and option

      What `saliency help` prints of each subcommand.

      ## Overview

      This page is made from the help texts. What the commands write and how they end is told in <doc:CommandLine>.

      \(sections.joined(separator: "\n"))
      """
  }

  @Test("the reference is what the commands' help says")
  func current() throws {
    if ProcessInfo.processInfo.environment["UPDATE_REFERENCE"] != nil {
      try Data(Self.reference.utf8).write(to: Self.article)
    }
    let written = try String(contentsOf: Self.article, encoding: .utf8)
    #expect(written == Self.reference, "UPDATE_REFERENCE=1 swift test --filter CommandReferenceTests writes it anew")
  }

  @Test(
    "it has a section for every command that does something", arguments: ["explain", "data fetch", "models inspect"])
  func sections(name: String) { #expect(Self.reference.contains("\n## saliency \(name)\n")) }
}
