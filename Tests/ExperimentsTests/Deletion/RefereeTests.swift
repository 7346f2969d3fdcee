import Foundation
import Maps
import Networks
import Tensors
import TestSupport
import Testing

@testable import Experiments

/// A linear classifier whose copy in "bfloat16" adds the same numbers to every image's logits, or turns their signs.
@TorchActor private final class OffClassifier: LayeredClassifier {
  nonisolated let labels = LabelSet(unnamed: 3)
  nonisolated let preprocessing = Preprocessing(height: 6, width: 6, channels: 3)
  nonisolated let device = Device.cpu
  nonisolated let bytesPerImage = 1 << 10
  nonisolated let hasActivation = false
  nonisolated let unruledOperator: String? = nil
  private let exact: LinearClassifier
  private let errors: [Float]?
  private let isNegated: Bool
  /// The differences of the two highest logits that were handed out.
  private(set) var margins: [Float] = []

  init(errors: [Float]? = nil, isNegated: Bool = false) throws {
    exact = try randomLinear(classes: 3, height: 6, width: 6)
    self.errors = errors
    self.isNegated = isNegated
  }

  func logits(_ images: Tensor) throws -> Tensor {
    var logits = try exact.logits(images)
    if let errors { logits = try logits + Tensor(errors, shape: [1, 3]) }
    if isNegated { logits = try -logits }
    margins += try LogitRow.rows(of: logits).map { row in
      let sorted = row.scores.sorted()
      return sorted[2] - sorted[1]
    }
    return logits
  }

  func logits(_ images: Tensor, rule: GradientRule) throws -> Tensor { try logits(images) }
  func inMixedPrecision() throws -> any Classifier { try OffClassifier(errors: [0.1, 0, -0.1]) }
}

@Suite(.slow) @TorchActor struct RefereeTests {
  private func benchmark(
    _ classifier: any Classifier, count: Int = 40, blockSize: Int = 7, precision: AnswerPrecision = .checked
  ) throws -> DeletionBenchmark {
    let input = classifier.preprocessing
    return try DeletionBenchmark(
      Explainer(classifier),
      images: Noise(count: count, classes: classifier.labels.count, height: input.height, width: input.width),
      fractions: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], seed: 5, blockSize: blockSize, precision: precision)
  }

  private func result(_ benchmark: DeletionBenchmark, _ answering: Answering? = nil) throws -> DeletionResult {
    let answering = try answering ?? benchmark.answering()
    return try DeletionResult(
      benchmark.setup, metrics: benchmark.metrics,
      blocks: (0..<benchmark.blockCount).map { try benchmark.measure($0, with: answering) })
  }

  private func classes(_ result: DeletionResult) -> [Int32] { result.answers.flatMap(\.classes) }

  @Test("near ties that bfloat16 decides otherwise are decided by float32")
  func repairs() throws {
    let classifier = try OffClassifier()
    let exact = try result(benchmark(classifier, precision: .full))
    let rounded = try result(benchmark(classifier, precision: .mixed))
    let flips = zip(classes(exact), classes(rounded)).count { $0 != $1 }
    #expect(flips > 20, "there is something to repair")
    #expect(exact.check == nil && rounded.check == nil)

    let checked = try result(benchmark(classifier))
    #expect(classes(checked) == classes(exact))
    #expect(checked.untouched == exact.untouched)
    let check = try #require(checked.check)
    // The errors are 0.1, 0 and −0.1: 0.2 at most, times the factor.
    expectClose([check.threshold], [AnswerCheck.safety * 0.2], relative: 1e-4)
    expectClose([check.largestChange], [0.2], relative: 1e-4)
    #expect(check.differed == 0 && check.audited > 0)
  }

  @Test("what is computed again are the answers whose two highest logits lie closer than the threshold")
  func counts() throws {
    let (exact, fast) = (try OffClassifier(), try OffClassifier(errors: [0.1, 0, -0.1]))
    let checked = try result(
      benchmark(exact), Answering(classifier: exact, referee: Referee(fast: fast, threshold: 0.3)))
    let check = try #require(checked.check)
    #expect(check.answers == fast.margins.count && check.threshold == 0.3)
    #expect(check.repeated == fast.margins.count { $0 < 0.3 })
    #expect(check.repeated > 0 && check.repeated < check.answers)
  }

  @Test("the audit is a random share, finds what is wrong, counts and mends it")
  func audit() throws {
    let (exact, fast) = (try OffClassifier(), try OffClassifier(isNegated: true))
    let setup = try benchmark(exact, count: 120)
    let right = try result(benchmark(exact, count: 120, precision: .full))
    // Of no answer it is doubted that it is right.
    let checked = try result(setup, Answering(classifier: exact, referee: Referee(fast: fast, threshold: 0)))
    let check = try #require(checked.check)
    // Three classes turned round never keep the highest.
    #expect(check.repeated == 0 && check.differed == check.audited)
    let expected = AnswerCheck.auditShare * Double(check.answers)
    #expect(abs(Double(check.audited) - expected) < 4 * expected.squareRoot(), "\(check.audited) of \(check.answers)")
    // Those audited are right now; several points of curves may share one answer.
    let mended = zip(classes(checked), classes(right)).enumerated().count { index, pair in
      pair.0 == pair.1
        && checked.answers[index < classes(checked).count / 2 ? 0 : 1].deleted[
          index % (classes(checked).count / 2)] > 0
    }
    #expect(mended >= check.audited && mended < 4 * check.audited)
    #expect(check.upperBound == 1)
    #expect(check.text.contains("\(check.audited) audited at random \(check.audited) differed"))
  }

  @Test("blocks of other sizes audit the same answers", arguments: [1, 40])
  func blockSizes(size: Int) throws {
    let exact = try OffClassifier()
    let one = try result(benchmark(exact, blockSize: 7))
    let other = try result(benchmark(exact, blockSize: size))
    #expect(classes(one) == classes(other))
    let (a, b) = (try #require(one.check), try #require(other.check))
    #expect(a.answers == b.answers && a.audited == b.audited && abs(a.repeated - b.repeated) <= 1)
  }

  @Test("a network's own bfloat16: classes as float32's, resumed and in parts the same bits and counts")
  func runs() async throws {
    let folder = try TemporaryFolder()
    let file = folder.file("model.safetensors")
    try formulaNetwork(.basicCNN, channels: 3, classes: 3, height: 12, width: 12).write(to: file)
    let model = try ModelChoice.open(file.path)
    func benchmark(_ precision: AnswerPrecision) throws -> DeletionRun {
      try DeletionRun(
        self.benchmark(model.classifier, count: 24, blockSize: 4, precision: precision), model: model)
    }
    func made(_ name: String, _ precision: AnswerPrecision = .checked, existing: RunFolder.Existing = .refuse)
      async throws -> (result: DeletionResult, text: String)
    {
      let opened = try Opened(benchmark(precision), in: folder.file(name), existing: existing)
      let report = try await opened.run()
      return (try #require(try opened.experiment.result(in: opened.folder)), report.findings.text)
    }
    let (expected, text) = try await made("whole")
    #expect(try await classes(made("exact", .full).result) == classes(expected))
    let check = try #require(expected.check)
    #expect(check.largestChange > 0 && check.answers > 1000 && check.audited > 0)
    #expect(text.contains(check.text + "."))

    func expectSame(_ other: DeletionResult) {
      #expect(other.check == expected.check && other.answers == expected.answers)
    }
    for index in 1...2 {
      let part = try Opened(benchmark(.checked), in: folder.file("part\(index)"))
      _ = try await part.experiment.measure(.init(index: index, of: 2), in: part.folder)
    }
    expectSame(
      try DeletionRun.merge([1, 2].map { folder.file("part\($0)") }, into: folder.file("joined")).result)
    try FileManager.default.removeItem(at: folder.file("whole/blocks/000003.safetensors"))
    expectSame(try await made("whole", existing: .resume).result)
    await #expect(
      throws: RunFolderError.otherRun(folder: folder.file("whole").relativePath, differences: ["precision"])
    ) { _ = try await made("whole", .mixed, existing: .resume) }
  }

  @Test("metrics that want probabilities are in float32, and nobody checks them")
  func otherMetrics() throws {
    let classifier = try OffClassifier()
    func values(_ precision: AnswerPrecision) throws -> (values: [Float], check: AnswerCheck?) {
      let benchmark = try DeletionBenchmark(
        Explainer(classifier), images: Noise(count: 5, classes: 3, height: 6, width: 6),
        metrics: [Rise(.deletion, steps: 3), SensitivityN(sizes: [4], samples: 3)], precision: precision)
      let result = try result(benchmark)
      return (result.answers.flatMap(\.values), result.check)
    }
    let (checked, full, mixed) = (try values(.checked), try values(.full), try values(.mixed))
    #expect(checked.values == full.values && checked.check == nil)
    #expect(mixed.values != full.values)
  }

  @Test("only classifiers whose layers are known are checked, and none where bfloat16 is slow")
  func usual() throws {
    let linear = try LinearClassifier(weight: [1, 2], classes: 2, channels: 1, height: 1, width: 1)
    #expect(AnswerPrecision.usual(for: linear) == .full)
    #expect(throws: EvaluationError.precision) {
      try DeletionBenchmark(
        Explainer(linear), images: Noise(count: 1, classes: 2, height: 1, width: 1, channels: 1),
        precision: .checked)
    }
    let flags = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let isFast = flags.contains(" amx_bf16") || (flags.contains("AuthenticAMD") && flags.contains(" avx512_bf16"))
    #expect(AnswerPrecision.usual(for: try OffClassifier()) == (isFast ? .checked : .full))
  }
}
