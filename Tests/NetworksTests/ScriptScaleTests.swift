import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Models that end in probabilities: what they say is shown, and the maps are those of the logits.
@Suite @TorchActor struct ScriptScaleTests {
  private static let eight = ScriptSettings(height: 8, width: 8)

  private func open(_ name: String) throws -> ScriptClassifier {
    try ScriptClassifier(contentsOf: Fixture.url("torchscript/\(name).pt"), settings: Self.eight)
  }

  private func images() throws -> Tensor { try Formula.tensor(3000, [2, 3, 8, 8]) }

  /// Opens a model whose forward function gets images x, with the means m [N, 3] of their channels.
  private func open(ending lines: [String], before: [String] = []) throws -> ScriptClassifier {
    let folder = try TemporaryFolder()
    let url = folder.file("model.pt")
    try ScriptArchive(code: ScriptArchive.code(["m = torch.mean(x, [2, 3])"] + lines, before: before)).write(to: url)
    return try ScriptClassifier(contentsOf: url, settings: Self.eight)
  }

  /// The means that `m` stands for.
  private func means() throws -> [[Double]] {
    let values = try images().mean([2, 3]).doubles()
    return stride(from: 0, to: values.count, by: 3).map { Array(values[$0..<$0 + 3]) }
  }

  private static func softmax(_ logits: [Double]) -> [Float] {
    let sum = logits.reduce(0) { $0 + exp($1) }
    return logits.map { Float(exp($0) / sum) }
  }

  private func prediction(_ classifier: ScriptClassifier, image: Int = 0) throws -> Prediction {
    try Prediction(logits: classifier.logits(images())[image..<image + 1].floats())
  }

  @Test(
    "the logits are those before the softmax, log-softmax or sigmoid",
    arguments: [
      ("softmax", "linear", 1), ("log-softmax", "linear", 1), ("saturated-softmax", "linear", 1000),
      ("single-sigmoid", "single-logit", 1),
    ])
  func logitsBefore(name: String, same: String, factor: Double) throws {
    let logits = try open(name).logits(images()).floats()
    let expected = try (open(same).logits(images()) * factor).floats()
    expectClose(logits, expected, relative: 1e-5, absolute: 1e-5)
  }

  @Test("a softmax that a function chooses is found", arguments: ["softmax", "log_softmax"])
  func chosenSoftmax(name: String) throws {
    // As torch.nn.functional.softmax is saved.
    let function = [
      "def choose(x: Tensor, dtype: Optional[int]=None) -> Tensor:", "  if torch.__is__(dtype, None):",
      "    ret = torch.\(name)(x, 1)", "  else:", "    dtype0 = unchecked_cast(int, dtype)",
      "    ret = torch.\(name)(x, 1, dtype0)", "  return ret",
    ]
    let classifier = try open(ending: ["return __torch__.choose(torch.mul(m, 3))"], before: function)
    #expect(classifier.warnings == [.activation(name == "softmax" ? .softmax : .logSoftmax)])
    expectClose(try classifier.logits(images()).doubles(), try means().joined().map { 3 * $0 }, absolute: 1e-5)
  }

  @Test("where the logits cannot be had, the probabilities are still the model's own") func logarithms() throws {
    let classifier = try open(ending: ["return torch.mul(torch.softmax(torch.mul(m, 3), 1), 1)"])
    #expect(classifier.warnings == [.probabilities])
    for (image, row) in try means().enumerated() {
      expectClose(
        try prediction(classifier, image: image).probabilities, Self.softmax(row.map { 3 * $0 }), absolute: 1e-5)
    }
  }

  @Test("probabilities of zero have logarithms, too") func saturated() throws {
    let classifier = try open(ending: ["return torch.mul(torch.softmax(torch.mul(m, 10000.), 1), 1)"])
    let prediction = try prediction(classifier)
    #expect(prediction.logits.allSatisfy(\.isFinite) && prediction.probabilities.max() == 1)
  }

  @Test(
    "the probability of a single output is shown as it is",
    arguments: ["torch.sigmoid(z)", "torch.mul(torch.sigmoid(z), 1)"])
  func singleProbability(output: String) throws {
    let classifier = try open(ending: ["z = torch.sub(torch.sum(m, [1], True), 2)", "return \(output)"])
    #expect(classifier.warnings == [output.contains("mul") ? .singleProbability : .activation(.sigmoid)])
    for (image, row) in try means().enumerated() {
      let expected = Float(1 / (1 + exp(2 - row.reduce(0, +))))
      expectClose([try prediction(classifier, image: image).probabilities[1]], [expected], absolute: 1e-5)
    }
  }

  @Test("what is no softmax of the last step is left alone") func otherAxis() throws {
    // Each column sums to 1, not each row; and an image's row depends on the others.
    #expect(throws: ScriptError.dependsOnBatch) { try open(ending: ["return torch.softmax(m, 0)"]) }
    let classifier = try open(ending: ["return torch.sigmoid(m)"])
    #expect(classifier.warnings.isEmpty)
    expectClose(
      try classifier.logits(images()).doubles(), try means().joined().map { 1 / (1 + exp(-$0)) }, absolute: 1e-5)
  }
}
