import Foundation
import Rasters
import Saliency
import TestSupport
import Testing

@testable import Experiments

/// Pictures of noise with classes in turn.
private struct SmallNoise: LabelledImages {
  let name = "noise"
  let classNames = ["class 0", "class 1", "class 2"]
  let height = 8
  let width = 8
  let channels = 3
  let labels: [Int32]
  let seed: UInt64

  init(count: Int = 11, seed: UInt64 = 1) {
    labels = (0..<count).map { Int32($0 % 3) }
    self.seed = seed
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    var place = 0
    for index in indices {
      var random = SeededGenerator(seed: seed &+ UInt64(index))
      for _ in 0..<192 {
        buffer[place] = UInt8.random(in: 0...255, using: &random)
        place += 1
      }
    }
  }
}

@Suite(.slow) @TorchActor struct DeletionRunTests {
  private let folder: TemporaryFolder
  private let model: ModelChoice.Opened

  init() throws {
    folder = try TemporaryFolder()
    let file = folder.file("model.safetensors")
    try formulaNetwork(.basicCNN, channels: 3, classes: 3, height: 8, width: 8).write(to: file)
    model = try ModelChoice.open(file.path)
  }

  private func run(
    _ name: String, images: SmallNoise = SmallNoise(), fractions: [Double] = [0, 0.3, 0.6], seed: UInt64 = 0,
    precision: AnswerPrecision = .full, existing: RunFolder.Existing = .refuse
  ) throws -> Opened<DeletionRun> {
    let benchmark = try DeletionBenchmark(
      Explainer(model.classifier), images: images, fractions: fractions, seed: seed, blockSize: 2, precision: precision)
    return try Opened(DeletionRun(benchmark, model: model), in: folder.file(name), existing: existing)
  }

  private func expectEqual(_ a: DeletionResult, _ b: DeletionResult) {
    #expect(a.untouched == b.untouched && a.labels == b.labels && a.answers.count == b.answers.count)
    for (a, b) in zip(a.answers, b.answers) {
      #expect(a.classes == b.classes && a.deleted == b.deleted)
      #expect(a.values.map(\.bitPattern) == b.values.map(\.bitPattern))
    }
  }

  private func whole(_ name: String = "whole") async throws -> DeletionResult {
    let run = try run(name)
    #expect(try await run.run() == [])
    return try #require(try run.result())
  }

  @Test("broken off after any block and gone on with, it gives the same bits", arguments: [0, 1, 4])
  func resumed(blocks: Int) async throws {
    let expected = try await whole()
    let kept = folder.file("run/blocks")
    @Sendable func dates() throws -> [String: Date] {
      let files = try FileManager.default.contentsOfDirectory(
        at: kept, includingPropertiesForKeys: [.contentModificationDateKey])
      return try Dictionary(
        uniqueKeysWithValues: files.map {
          ($0.lastPathComponent, try $0.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate!)
        })
    }
    await #expect(throws: CancellationError.self) {
      let broken = try run("run")
      defer { #expect(try! broken.result() == nil) }
      _ = try await broken.run { _, _ in
        if let found = try? dates(), found.count >= blocks { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    let before = (try? dates()) ?? [:]
    #expect(before.count >= blocks)
    let next = try run("run", existing: .resume)
    _ = try await next.run()
    #expect(try dates().filter { before.keys.contains($0.key) } == before, "what was done is not done again")
    expectEqual(try #require(try next.result()), expected)
  }

  @Test("parts, in any number, join to exactly one run", arguments: [1, 2, 3, 9])
  func shards(count: Int) async throws {
    let expected = try await whole()
    for index in 1...count { _ = try await run("part\(index)").run(.init(index: index, of: count)) }
    let parts = (1...count).reversed().map { folder.file("part\($0)") }
    let settings: DeletionRun.Settings
    do {
      let merged = try DeletionRun.merge(parts, into: folder.file("joined"))
      settings = merged.settings
      expectEqual(merged.result, expected)
    }
    // The joined folder is as good as that of one run.
    let again = try run("joined", existing: .resume)
    #expect(settings == again.settings)
    expectEqual(try #require(try again.result()), expected)
  }

  @Test("parts that are missing, there twice, damaged or of something else")
  func wrongParts() async throws {
    for index in 1...2 { _ = try await run("part\(index)").run(.init(index: index, of: 2)) }
    let (one, two) = (folder.file("part1"), folder.file("part2"))
    #expect(throws: EvaluationError.missingBlocks([1, 3, 5])) { try DeletionRun.merge([one], into: folder.file("x")) }
    #expect(throws: EvaluationError.doubleBlock(0, one.relativePath, one.relativePath)) {
      try DeletionRun.merge([one, two, one], into: folder.file("x"))
    }
    #expect(throws: EvaluationError.noResults(folder: folder.file("none").relativePath)) {
      try DeletionRun.merge([one, folder.file("none")], into: folder.file("x"))
    }
    _ = try await run("other", seed: 1).run(.init(index: 2, of: 2))
    let other = folder.file("other")
    #expect(throws: RunFolderError.otherRun(folder: other.relativePath, differences: ["seed"])) {
      try DeletionRun.merge([one, other], into: folder.file("x"))
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("x").path))
    let block = two.appending(path: "blocks/000001.safetensors")
    try Data(contentsOf: block).dropLast(3).write(to: block)
    #expect(throws: RunFolderError.damaged(path: block.relativePath)) {
      try DeletionRun.merge([one, two], into: folder.file("x"))
    }
  }

  @Test("a damaged block is computed anew and told")
  func damagedBlock() async throws {
    let expected = try await whole()
    let block = folder.file("whole/blocks/000002.safetensors")
    for damage in [Data(), Data("text".utf8), try Data(contentsOf: block).dropLast(1)] {
      try damage.write(to: block)
      let next = try run("whole", existing: .resume)
      #expect(throws: RunFolderError.damaged(path: block.path)) { try next.result() }
      #expect(try await next.run() == ["\(block.path) is damaged; computed anew"])
      expectEqual(try #require(try next.result()), expected)
    }
  }

  @Test("results are neither mixed nor overwritten")
  func otherRuns() async throws {
    _ = try await whole()
    let path = folder.file("whole").relativePath
    #expect(throws: RunFolderError.holdsResults(folder: path)) { try run("whole") }
    #expect(throws: RunFolderError.otherRun(folder: path, differences: ["fractions"])) {
      try run("whole", fractions: [0, 0.5], existing: .resume)
    }
    #expect(throws: RunFolderError.otherRun(folder: path, differences: ["test images"])) {
      try run("whole", images: SmallNoise(seed: 9), existing: .resume)
    }
    #expect(throws: RunFolderError.otherRun(folder: path, differences: ["precision"])) {
      try run("whole", precision: .mixed, existing: .resume)
    }
    try Data("{".utf8).write(to: folder.file("whole/settings.json"))
    #expect(throws: RunFolderError.damaged(path: folder.file("whole/settings.json").relativePath)) {
      try run("whole", existing: .resume)
    }
    let fresh = try run("whole", existing: .replace)
    #expect(try fresh.result() == nil)
  }

  @Test("the files say what the result says")
  func report() async throws {
    let run = try run("whole")
    _ = try await run.run()
    let result = try #require(try run.result())
    let report = DeletionReport(run.settings, result)
    let files = try run.folder.write(report.findings)
    #expect(
      files.count == 9
        && files.allSatisfy { FileManager.default.fileExists(atPath: run.folder.file($0).path) })

    let rows = try String(contentsOf: run.folder.file("curves.csv"), encoding: .utf8).split(separator: "\n")
    #expect(rows[0] == "metric,attribution,view,fraction,deleted,accuracy,allegiance,probability")
    // Five maps, random pixels, and as many random pixels as four of the maps.
    #expect(rows.count == 1 + 2 * 10 * 3)
    let active = try #require(rows.first { $0.hasPrefix("white,gradient,active,0.6,") }).split(separator: ",")
    let numbers = active.dropFirst(3).compactMap { Double($0) }
    let expected =
      [result.deletedShare(metric: 1, series: 3)[2]]
      + result.scores(of: 1).map { result.curve($0.score, metric: 1, series: 3)[2] }
    expectClose(Array(numbers.dropFirst()), expected, absolute: 1e-12)

    let npy = try Data(contentsOf: run.folder.file("predictions.npy"))
    let header = String(decoding: npy[10..<128], as: UTF8.self)
    #expect(header.contains("'descr': '<i4'") && header.contains("'shape': (11, 2, 10, 3)"))
    let values = npy.dropFirst(128).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    // [image][metric][series][fraction]
    var classes: [Int32] = []
    for image in 0..<11 {
      for answers in result.answers { classes += answers.classes[30 * image..<30 * (image + 1)] }
    }
    #expect(values == classes)

    let json = try JSONSerialization.jsonObject(
      with: Data(contentsOf: run.folder.file("summary.json")))
    let summary = try #require(json as? [String: Any])
    #expect(summary["accuracy"] as? Double == result.accuracy)
    #expect((summary["areas"] as? [Any])?.count == 20)
    let table = try #require(report.table).lines
    #expect(table.count == 11 && table[0] == ["deleted pixels", "black", "95% interval", "white", "95% interval"])
    #expect(table[2][1].hasSuffix("↓") && table[2][3].hasSuffix("↑") && table[5][1].hasSuffix("↑"))
  }

  @Test("metrics with a curve for every image: kept, joined, and in all files")
  func curveMetrics() async throws {
    let metrics = Metrics.paper + [Rise(.insertion, steps: 3), SensitivityN(sizes: [2, 20], samples: 5)]
    func run(_ name: String) throws -> Opened<DeletionRun> {
      let benchmark = try DeletionBenchmark(
        Explainer(model.classifier), images: SmallNoise(), metrics: metrics, fractions: [0, 0.5], blockSize: 2)
      return try Opened(DeletionRun(benchmark, model: model), in: folder.file(name), existing: .resume)
    }
    #expect(try await run("whole").run() == [])
    let result = try #require(try run("whole").result())
    for index in 1...2 { _ = try await run("part\(index)").run(.init(index: index, of: 2)) }
    let joined = try DeletionRun.merge([1, 2].map { folder.file("part\($0)") }, into: folder.file("joined")).result
    expectEqual(joined, result)
    #expect(throws: RunFolderError.self) { try self.run("whole", fractions: [0, 0.5], existing: .resume) }

    let whole = try run("whole")
    let report = DeletionReport(whole.settings, result)
    let files = try whole.folder.write(report.findings)
    let fileCount: Int = 3 + 2 + 3 * 4
    #expect(files.count == fileCount)
    let lines = try String(contentsOf: folder.file("whole/curves.csv"), encoding: .utf8).split(separator: "\n")
    // Ten series of deletion; five maps and random pixels; besides these the sums.
    let lineCount: Int = 1 + 2 * 10 * 2 + 6 * 4 + 7 * 2
    #expect(lines.count == lineCount)
    let columns = lines[0].split(separator: ",").count
    #expect(columns == 9)
    #expect(lines.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == columns })
    let rise = try #require(lines.first { $0.hasPrefix("rise-insertion,gradient,active,1.0,0.0,,,") })
    #expect(Double(rise.split(separator: ",")[5]) == result.curve(metric: 2, series: 3)[3])
    let sum = try #require(lines.last { $0.hasPrefix("sensitivity-n,gradient,sum,") }).split(separator: ",")
    #expect(Double(sum[3]) == 20.0 / 64 && Double(sum[5]) == result.curve(metric: 3, series: 5)[1])

    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.file("whole/summary.json")))
    let rows = try #require((json as? [String: Any])?["areas"] as? [[String: Any]])
    #expect(rows.count == 20 + 6 + 7)
    let last = try #require(rows.last?["mean"] as? [String: [String: Double]])
    #expect(rows.last?["auc"] == nil && last["correlation"]?["value"] == result.scores(metric: 3)[6].value)

    let npy = try Data(contentsOf: folder.file("whole/sensitivity-n.npy"))
    #expect(
      String(decoding: npy[10..<128], as: UTF8.self).contains("'<f4', 'fortran_order': False, 'shape': (11, 7, 2)"))
    #expect(npy.dropFirst(128).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } == result.answers[3].values)
    let table = try #require(report.scoreTable).lines
    #expect(table.count == 8 && table.allSatisfy { $0.count == 5 })
    #expect(table[6][0] == "gradient sum" && table[6][1] == "" && table[6][3].hasSuffix("↑"))
    #expect(table[7][0] == "random" && table[4][1].hasSuffix("↑") && table[5][1].hasSuffix("↑"))
  }

  @Test("images and classes for other programs")
  func images() async throws {
    let run = try run("whole")
    try run.experiment.writeImages(to: run.folder)
    try run.experiment.writeImages(to: run.folder)
    let images = try Data(contentsOf: run.folder.file("images.npy"))
    #expect(
      String(decoding: images[10..<128], as: UTF8.self).contains(
        "'descr': '|u1', 'fortran_order': False, 'shape': (11, 8, 8, 3)"))
    #expect(Array(images.dropFirst(128)) == SmallNoise().pixels(of: 0..<11))
    let labels = try Data(contentsOf: run.folder.file("labels.npy"))
    #expect(String(decoding: labels[10..<128], as: UTF8.self).contains("'shape': (11,)"))
    #expect(labels.dropFirst(128).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) } == SmallNoise().labels)
  }
}

extension Opened<DeletionRun> {
  @TorchActor fileprivate func run(
    _ shard: DeletionRun.Shard = .whole, progress: @escaping @Sendable (Double, Int) -> Void = { _, _ in }
  ) async throws -> [String] { try await experiment.measure(shard, in: folder, progress: progress) }

  @TorchActor fileprivate func result() throws -> DeletionResult? { try experiment.result(in: folder) }
}
