import ArgumentParser
import Foundation
import Saliency
import TestSupport
import Testing

@testable import saliency_cli

/// The commands that the documentation names are understood, and those that numbers come from yield them.
@Suite(.slow) struct DocumentationTests {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// A command of a document, in words.
  struct Documented: CustomTestStringConvertible {
    let file: String
    let words: [String]

    var testDescription: String { "\(file): \(words.joined(separator: " "))" }
    /// The names of its options, the short one as the long one; no sizes, for a smoke test has its own, and no going on, which
    /// needs something to go on with.
    var options: Set<String> {
      let names = words.filter { $0.hasPrefix("-") }.map { $0 == "-o" ? "--output" : $0 }
      return Set(names).subtracting(["--quick", "--limit", "--images", "--epochs", "--seeds", "--resume"])
    }
  }

  /// All commands of the program and of `Benchmarks` in fenced blocks and between backticks.
  private static let documented: [Documented] = {
    let catalogue = "Sources/Saliency/Saliency.docc"
    let files =
      ["README.md", "CONTRIBUTING.md", "Examples/README.md"]
      + ((try? FileManager.default.contentsOfDirectory(atPath: package.appending(path: catalogue).path)) ?? [])
      .filter { $0.hasSuffix(".md") }.sorted().map { "\(catalogue)/\($0)" }
    return files.flatMap(commands)
  }()

  private static func commands(of file: String) -> [Documented] {
    let text = (try? String(contentsOf: package.appending(path: file), encoding: .utf8)) ?? ""
    let parts = text.components(separatedBy: "```").enumerated()
    let lines = parts.flatMap { $0 % 2 == 1 ? block($1) : inline($1) }.flatMap { $0.components(separatedBy: "&&") }
    return lines.map { Documented(file: file, words: $0.split(whereSeparator: \.isWhitespace).map(String.init)) }
      .filter { $0.words.first == "saliency" || $0.words.first?.hasPrefix("Benchmarks/") == true }
  }

  /// The commands of a fenced block, whose first line names its language, without their comments.
  private static func block(_ text: String) -> [String] {
    let lines = text.replacing("\\\n", with: " ").split(separator: "\n").map(String.init)
    return switch lines.first {
    case "sh": lines.dropFirst().map(command)
    case "console": lines.dropFirst().filter { $0.hasPrefix("$ ") }.map { command(String($0.dropFirst(2))) }
    default: []
    }
  }

  private static func command(_ line: String) -> String {
    line.replacing(#/(^|\s)#.*/#, with: "").replacing(".build/release/", with: "").replacing(
      "$model", with: BundledModel.defaultName)
  }

  private static func inline(_ text: String) -> [String] { text.matches(of: #/`([^`]+)`/#).map { String($0.1) } }

  private static let ofProgram = documented.filter { $0.words[0] == "saliency" && $0.words.count > 1 }

  private func parseError(_ words: some Sequence<String>) -> String? {
    do { _ = try SaliencyCommand.parseAsRoot(Array(words)) } catch {
      return SaliencyCommand.exitCode(for: error) == .success ? nil : SaliencyCommand.message(for: error)
    }
    return nil
  }

  @Test("every command and option that the documentation names is there")
  func understood() throws {
    #expect(Self.ofProgram.count > 40)
    for command in Self.ofProgram {
      let words = command.words.dropFirst()
      // A subcommand may be spoken of by its name alone, and output may go anywhere.
      let error =
        words.allSatisfy { !$0.hasPrefix("-") } && words.count < 3 && parseError(["help"] + words) == nil
        ? nil : parseError(words).flatMap { _ in parseError(words + ["--output", "folder"]) }
      #expect(error == nil, "\(command.testDescription)")
      if let option = words.firstIndex(where: { ["--model", "-m"].contains($0) }) {
        let model = words[words.index(after: option)]
        #expect(model.contains(".") || BundledModel.named(model) != nil, "\(command.testDescription)")
      }
    }
  }

  @Test("every benchmark that the documentation names is there, has its options, and is run by Benchmarks/smoke")
  func benchmarks() throws {
    let folder = Self.package.appending(path: "Benchmarks")
    let smoke = try String(contentsOf: folder.appending(path: "smoke"), encoding: .utf8)
    let named = Self.documented.filter { $0.words[0] != "saliency" }
    #expect(named.count > 5)
    for command in named {
      let script = Self.package.appending(path: command.words[0])
      #expect(FileManager.default.isExecutableFile(atPath: script.path), "\(command.testDescription)")
      let text = try String(contentsOf: script, encoding: .utf8)
      for option in command.words where option.hasPrefix("-") {
        #expect(text.contains("\"\(option)\""), "\(command.testDescription)")
      }
    }
    for script in try FileManager.default.contentsOfDirectory(atPath: folder.path) where !script.contains(".") {
      #expect(["peers", "setup", "smoke"].contains(script) || smoke.contains("\nrun \(script)"), "\(script)")
    }
  }

  /// What yields no number, or is run as it stands by ``ReadmeTests``.
  private static let others: Set = ["explain", "explore", "models", "data", "help", "--generate-completion-script"]

  /// The commands that numbers come from at their smallest sizes, and what must stand in their output.
  private static let smoke: [(command: String, output: String)] = [
    (
      """
      benchmark --model fashion-mnist-basic-cnn --dataset fashion-mnist --limit 2 --attributions gradient --fractions 0,0.5 --rise-steps 2 \
      --metrics black,white,rise-deletion,rise-insertion,sensitivity-n --sensitivity-samples 3 --no-controls \
      --precision bfloat16 --no-skip-grey --output benchmark
      """, #"gradient active +0\.\d{4}"#
    ),
    (
      """
      benchmark --model fashion-mnist-basic-cnn --dataset fashion-mnist --limit 2 --output table --resume --attributions all \
      --baselines fashion-mnist --no-controls --rivals 3 --metrics black,white,rise-deletion,rise-insertion,sensitivity-n \
      --fractions 0,0.5 --rise-steps 2 --sensitivity-samples 2 --sensitivity-sizes 20,100 --masks 4 --steps 2 --samples 2 \
      --window 7 --stride 7
      """, #"attributions.html"#
    ),
    (
      "benchmark --model fashion-mnist-basic-cnn --dataset fashion-mnist --limit 4 --block 2 --shard 1/2 --output part1",
      "part 1 of 2 is done"
    ),
    (
      "benchmark --model fashion-mnist-basic-cnn --dataset fashion-mnist --limit 4 --block 2 --shard 2/2 --output part2",
      "part 2 of 2 is done"
    ), ("benchmark --merge part1 part2 --output joined", #"gradient active +0\.\d{4}"#),
    (
      "benchmark --model fashion-mnist-basic-cnn --dataset fashion-mnist --split train --limit 2 --no-controls --output training",
      #"gradient active +0\.\d{4}"#
    ),
    ("ground-truth --images 8 --training-images 64 --epochs 1 --attributions gradient --seed 7 -o truth", #"0\.\d\d"#),
    (
      """
      sanity-check --model fashion-mnist-basic-cnn --attributions gradient --views original --images 2 \
      --label-randomization --epochs 1 -o sanity
      """, #"gradient original +−?[01]\.\d\d"#
    ),
    (
      "roar --model fashion-mnist-basic-cnn --epochs 1 --fractions 0.5 --views original --seeds 1 --output roar",
      #"gradient original +[01]\.\d{4}"#
    ), ("roar --model fashion-mnist-basic-cnn --epochs 1 --estimate --output estimate", #"\d"#),
    (
      """
      reproduce --datasets fashion-mnist --models cnn --bfloat16 fashion-mnist-basic-cnn --no-pictures --limit 2 \
      --output paper
      """, "paper/index.html"
    ),
    (
      """
      reproduce --datasets fashion-mnist --models cnn --seeds 1 --last-epochs 2 --no-pictures --limit 2 --output seeds
      """, "seeds/index.html"
    ),
    ("reproduce --paper attitude --datasets fashion-mnist --models cnn --limit 2 --output later", "later/index.html"),
    ("report --model fashion-mnist-basic-cnn --dataset fashion-mnist --limit 2 --output page", "page/index.html"),
    ("evaluate --model fashion-mnist-basic-cnn --figure confusion.pdf", #"[01]\.\d{4}"#),
    ("evaluate --all", #"fashion-mnist-basic-cnn.* [01]\.\d{4}"#),
    ("audit --model fashion-mnist-basic-cnn --dataset fashion-mnist --limit 2 --json", #""verdict" : "passed""#),
    ("train --dataset fashion-mnist --architecture basic-cnn --epochs 1 --output run", #"[01]\.\d{4}"#),
    (
      """
      train --dataset fashion-mnist --architecture basic-cnn --epochs 1 --learning-rate 0.0001 --start run/model.safetensors \
      --precision bfloat16 --weights float16 --output settled
      """, #"[01]\.\d{4}"#
    ),
  ]

  @Test("every documented command that yields a number has a smoke test with all of its options")
  func covered() {
    for command in Self.ofProgram where !Self.others.contains(command.words[1]) {
      let isCovered = Self.smoke.contains { smoke, _ in
        let words = smoke.split(separator: " ").map(String.init)
        return words[0] == command.words[1]
          && Documented(file: "", words: words).options.isSuperset(of: command.options)
      }
      #expect(isCovered, "\(command.testDescription)")
    }
  }

  @Test("at their smallest sizes the commands yield their numbers")
  func numbers() throws {
    let command = try Command()
    // A handful of images in the place of a data set that has been fetched.
    try command.addIDX("fashion-mnist", side: 28, train: 40, test: 8)
    let datasets = command.cache.url.appending(path: "saliency/datasets")
    try FileManager.default.createDirectory(at: datasets, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      at: datasets.appending(path: "fashion-mnist"), withDestinationURL: command.folder.file("fashion-mnist"))
    for (line, output) in Self.smoke {
      let finished = try command.run(line.split(separator: " ").map(String.init))
      let shown = Comment(rawValue: "saliency \(line)\n\(finished)")
      #expect(finished.status == 0, shown)
      #expect(try finished.output.contains(Regex(output)), shown)
    }
    for folder in ["paper", "seeds", "later", "page"] {
      let results = try String(contentsOf: command.folder.file("\(folder)/results.json"), encoding: .utf8)
      #expect(results.contains(#/"value" : 0/#))
    }
  }
}
