import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Files of all formats with random changes: opened, and run where they open.
///
/// `SALIENCY_FUZZ=N` tries N files. Whoever crashes, hangs or takes a gigabyte for reading has lost; the file is `SALIENCY_FUZZ_FILES`'s
/// last one, and `SALIENCY_FUZZ_FIRST=K` makes the K-th file again. See CONTRIBUTING.md.
@Suite @TorchActor struct FuzzTests {
  nonisolated private static let environment = ProcessInfo.processInfo.environment

  private enum Format: String, CaseIterable {
    case onnx, pt2, zip, older, safetensors, script
  }

  private struct Tally {
    var (files, opened, ran) = (0, 0, 0)
    var seconds = 0.0
  }

  /// What is changed: the name decides how a file is opened.
  private var seeds: [Format: [Data]] = [:]

  init() throws {
    func files(_ folder: String, _ suffix: String) throws -> [Data] {
      let folder = Fixture.url(folder)
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter { $0.hasSuffix(suffix) }
        .map { try Data(contentsOf: folder.appending(path: $0)) }.filter { $0.count < 60_000 }
    }
    guard Self.environment["SALIENCY_FUZZ"] != nil else { return }
    let operators = try SafeTensors(contentsOf: Fixture.url("onnx/operators.safetensors")).tensors
    seeds[.onnx] =
      try operators.filter { $0.key.hasPrefix("model/") }.sorted { $0.key < $1.key }.map { Data(try $0.value.bytes()) }
      + files("onnx", ".onnx")
    seeds[.pt2] = try files("exported", ".pt2")
    let dictionaries = try files("state-dictionaries", ".pth")
    seeds[.zip] = dictionaries.filter(StoredZip.recognizes)
    seeds[.older] = dictionaries.filter { !StoredZip.recognizes($0) }
    seeds[.safetensors] = try ["training", "state-dictionaries", "attributions"].flatMap {
      try files($0, ".safetensors")
    }
    seeds[.safetensors]? += [try Self.network()]
    seeds[.script] = try files("torchscript", ".pt")
  }

  /// A built-in network with small tensors beside it.
  private static func network() throws -> Data {
    let folder = try TemporaryFolder()
    let tensors = ["a": try Tensor(repeating: 1, shape: [2, 3]), "b": try Tensor([Int64(3)], shape: [])]
    try SafeTensors(tensors: tensors, metadata: ["architecture": "basic-cnn", "labels": "[\"a\", \"b\"]"])
      .write(to: folder.file("a.safetensors"))
    return try Data(contentsOf: folder.file("a.safetensors"))
  }

  @Test(.enabled(if: environment["SALIENCY_FUZZ"] != nil)) func files() throws {
    let count = Int(Self.environment["SALIENCY_FUZZ"] ?? "") ?? 0
    let first = Int(Self.environment["SALIENCY_FUZZ_FIRST"] ?? "") ?? 0
    let folder = try TemporaryFolder()
    let place = Self.environment["SALIENCY_FUZZ_FILES"].map { URL(filePath: $0) } ?? folder.url
    let watch = Watch(seconds: 20)
    var tallies: [Format: Tally] = [:]
    for index in first..<first + count {
      let format = Format.allCases[index % Format.allCases.count]
      var random = SeededGenerator(seed: UInt64(index))
      let file = try changed(format, using: &random)
      let url = place.appending(path: "fuzz.\(Self.suffix(format))")
      try file.write(to: url)
      watch.begin(index)
      let start = ContinuousClock.now
      let (opened, ran) = Self.tried(url, format, whole: Int.random(in: 0..<8, using: &random) == 0)
      let time = start.duration(to: .now) / .seconds(1)
      watch.end()
      var tally = tallies[format] ?? Tally()
      tally.files += 1
      tally.opened += opened ? 1 : 0
      tally.ran += ran ? 1 : 0
      tally.seconds += time
      tallies[format] = tally
      if (index - first) % 5000 == 4999 || index == first + count - 1 {
        let words = Format.allCases.compactMap { format in
          tallies[format].map {
            "\(format): \($0.files) files, \($0.opened) opened, \($0.ran) ran, \(Int($0.seconds)) s"
          }
        }
        print("fuzz: up to \(index): \(words.joined(separator: "; "))")
      }
    }
    #expect(tallies.values.reduce(0) { $0 + $1.files } == count && tallies.values.contains { $0.opened > 0 })
  }

  nonisolated private static func suffix(_ format: Format) -> String {
    switch format {
    case .zip, .older: "pth"
    case .script: "pt"
    default: format.rawValue
    }
  }

  /// A file of a format with changes. Archives are changed as a whole, or an entry of them.
  private func changed(_ format: Format, using random: inout SeededGenerator) throws -> Data {
    let seeds = try #require(seeds[format])
    let file = try #require(seeds.randomElement(using: &random))
    let other = seeds.randomElement(using: &random) ?? file
    switch format {
    case .onnx where Int.random(in: 0..<3, using: &random) > 0: return Mutation.message(file, using: &random)
    case .pt2, .zip, .script:
      guard Int.random(in: 0..<5, using: &random) > 0, let zip = try? StoredZip(file), !zip.names.isEmpty else { break }
      let names = zip.names.sorted()
      // What is program or description more often than weights.
      let chosen = (0..<3).map { _ in names.randomElement(using: &random) ?? "" }
        .first { $0.hasSuffix(".json") || $0.hasSuffix(".pkl") || $0.hasSuffix(".py") }
      let changed = chosen ?? names.randomElement(using: &random)
      return ZipFile(
        names.map { name in
          let content = zip[name].map { Data($0) } ?? Data()
          guard name == changed else { return ZipFile.Entry(name, content) }
          return ZipFile.Entry(name, Mutation.bytes(content, other: other, using: &random))
        }
      ).data
    default: break
    }
    return Mutation.bytes(file, other: other, using: &random)
  }

  /// Opens a file by its reader and runs what it holds on two small images, or does all that `--model` does.
  private static func tried(_ url: URL, _ format: Format, whole: Bool) -> (opened: Bool, ran: Bool) {
    let settings = ScriptSettings(height: 16, width: 16)
    var opened = false
    do {
      if whole {
        _ = try ModelChoice.open(url.path, settings: settings)
        return (true, true)
      }
      func run(_ network: any FileNetwork) throws {
        opened = true
        let sides = network.inputShape.suffix(2).map { min(max(1, $0 ?? 16), 32) }
        let shape = [2, min(max(1, network.inputShape[1] ?? 3), 8)] + sides
        _ = try Torch.withoutGradient { try network.answer(Tensor(repeating: 0.5, shape: shape)).doubles() }
      }
      switch format {
      case .onnx: try run(ONNXNetwork(contentsOf: url, device: .cpu))
      case .pt2: try run(ExportedProgram(contentsOf: url))
      case .zip, .older: opened = try !StateDictionary(contentsOf: url).tensors.isEmpty
      case .safetensors: opened = try SafeTensors(contentsOf: url).tensors.count >= 0
      case .script:
        let module = try ScriptFile.load(url, device: .cpu)
        try run(ScriptNetwork(module))
      }
      return (true, true)
    } catch {
      let words = error.localizedDescription
      if words.contains("\n"), !(error is TorchError) { Issue.record("several lines: \(words)") }
      return (opened, false)
    }
  }
}

/// Ends the process where one file takes too long.
private final class Watch: Sendable {
  private let begun = Mutex<(index: Int, start: ContinuousClock.Instant)?>(nil)

  init(seconds: Int) {
    Thread.detachNewThread {
      while true {
        Thread.sleep(forTimeInterval: 1)
        guard let (index, start) = self.begun.withLock({ $0 }), start.duration(to: .now) > .seconds(seconds) else {
          continue
        }
        FileHandle.standardError.write(Data("fuzz: the file \(index) takes more than \(seconds) seconds\n".utf8))
        abort()
      }
    }
  }

  func begin(_ index: Int) { begun.withLock { $0 = (index, .now) } }

  func end() { begun.withLock { $0 = nil } }
}
