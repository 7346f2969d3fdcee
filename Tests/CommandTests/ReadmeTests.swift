import Foundation
import TestSupport
import Testing

/// What the documentation shows is what happens.
@Suite(.slow) struct ReadmeTests {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: package.appending(path: path), encoding: .utf8)
  }

  /// The contents of a file's fenced blocks in a language.
  private static func blocks(_ language: String, in path: String) throws -> [String] {
    try text(path).components(separatedBy: "\n```\(language)\n").dropFirst().map {
      $0.components(separatedBy: "\n```\n")[0] + "\n"
    }
  }

  @Test("both set-up commands stand in the README, and the second is what is checked before a merge")
  func setUp() throws {
    let section = try #require(Self.text("README.md").components(separatedBy: "\n## Two commands\n").last)
      .components(separatedBy: "\n## ")[0]
    for script in ["Scripts/demo", "Scripts/test"] {
      #expect(section.contains("\n\(script) "))
      #expect(FileManager.default.isExecutableFile(atPath: Self.package.appending(path: script).path))
    }
    #expect(try Self.text(".ci/run").contains("Scripts/test"))
    #expect(try Self.text("README.md").split(separator: "\n", omittingEmptySubsequences: false).count <= 151)
  }

  @Test("the files that the documentation links to are there", arguments: ["README.md", "CONTRIBUTING.md"])
  func links(path: String) throws {
    for match in try Self.text(path).matches(of: #/\]\((?!http)([^)#]+)/#) {
      #expect(FileManager.default.fileExists(atPath: Self.package.appending(path: String(match.1)).path), "\(match.1)")
    }
  }

  @Test(
    "commands print what the documentation says", arguments: ["README.md", "Sources/Saliency/Saliency.docc/Models.md"])
  func commands(path: String) throws {
    let sessions = try Self.blocks("console", in: path).filter { $0.hasPrefix("$ saliency ") }
    #expect(sessions.count == 1)
    for session in sessions {
      let command = try Command()
      try FileManager.default.createSymbolicLink(
        at: command.folder.file("Examples"), withDestinationURL: Self.package.appending(path: "Examples"))
      let lines = session.split(separator: "\n", maxSplits: 1)
      let finished = try command.run(lines[0].split(separator: " ").dropFirst(2).map(String.init))
      #expect(finished.status == 0 && finished.errors == [])
      #expect(finished.output == String(lines[1]))
    }
  }

  @Test("the documentation's table names every entry of the JSON object")
  func jsonEntries() throws {
    let command = try Command()
    let picture = Self.package.appending(path: "Examples/chelsea.png").path
    let object = try JSONSerialization.jsonObject(
      with: Data(command.run("explain", picture, "--json", "--rivals", "3").output.utf8))
    let entries = try #require(object as? [String: Any]).keys
    let section = try #require(
      Self.text("Sources/Saliency/Saliency.docc/CommandLine.md").components(separatedBy: "### JSON\n").last)
    let documented = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.flatMap { row in
      row.split(separator: "|")[0].matches(of: #/`(\w+)`/#).map { String($0.1) }
    }
    #expect(documented.sorted() == entries.sorted())
  }

  @Test(
    "Swift shown is a snippet that the package builds",
    arguments: [
      "README.md", "Sources/Saliency/Saliency.docc/UsingTheLibrary.md",
      "Sources/Saliency/Saliency.docc/DeletionBenchmarks.md",
    ])
  func snippets(path: String) throws {
    let folder = Self.package.appending(path: "Snippets")
    let snippets = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .map { try String(contentsOf: $0, encoding: .utf8) }
    let programs = try Self.blocks("swift", in: path).filter { $0.hasPrefix("import ") }
    #expect(!programs.isEmpty)
    for program in programs { #expect(snippets.contains(program)) }
  }
}
