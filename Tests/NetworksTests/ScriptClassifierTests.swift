import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

@Suite @TorchActor struct ScriptClassifierTests {
  private static let eight = ScriptSettings(height: 8, width: 8)

  private func open(_ name: String, _ settings: ScriptSettings = eight) throws -> ScriptClassifier {
    try ScriptClassifier(contentsOf: Fixture.url("torchscript/\(name).pt"), settings: settings)
  }

  private func images(_ count: Int, channels: Int = 3) throws -> Tensor {
    try Formula.tensor(3000, [count, channels, 8, 8])
  }

  private func gradient(_ classifier: ScriptClassifier, _ images: Tensor, class index: Int) throws -> [Float] {
    let variable = try images.variable()
    let logits = try classifier.logits(variable)
    let seed = (0..<logits.count).map { Float($0 % logits.shape[1] == index ? 1 : 0) }
    let gradients = try logits.gradients(seed: Tensor(seed, shape: logits.shape), of: [variable])
    return try #require(gradients[0]).floats()
  }

  /// The weights of one class in the fixtures' linear layer.
  private func weights(of index: Int) throws -> [Float] {
    let bound = 1.5 * (3.0 / 192).squareRoot()
    return try Formula.tensor(0, [4, 192], scale: 2 * bound, offset: -bound)[index..<index + 1].floats()
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Float {
    a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }

  // MARK: Models that work

  @Test(arguments: ["linear", "cnn", "attention", "vit"])
  func logitsAndGradientsArePyTorchs(name: String) throws {
    let expected = try SafeTensors(contentsOf: Fixture.url("torchscript/expected.safetensors")).tensors
    let classifier = try open(name)
    #expect(classifier.warnings.isEmpty)
    #expect(classifier.labels == LabelSet(unnamed: 4))
    let images = try images(2)
    let logits = try #require(expected["\(name).logits"]).floats()
    #expect(try distance(classifier.logits(images).floats(), logits) < 1e-5)
    let gradients = try #require(expected["\(name).gradients"])
    for index in 0..<4 {
      let gradient = try gradient(classifier, images, class: index)
      #expect(try distance(gradient, gradients[index..<index + 1].floats()) < 1e-5)
    }
  }

  @Test func theGradientOfALinearModelIsItsWeights() throws {
    #expect(try distance(gradient(open("linear"), images(1), class: 2), weights(of: 2)) < 1e-6)
  }

  @Test func normalisationHappensInside() throws {
    var settings = Self.eight
    settings.mean = [0.5, 0.4, 0.3]
    settings.standardDeviation = [0.5, 0.25, 0.125]
    let images = try images(1)
    let plain = try gradient(open("linear"), images, class: 1)
    let scaled = plain.enumerated().map { $1 / [0.5, 0.25, 0.125][$0 / 64] }
    #expect(try distance(gradient(open("linear", settings), images, class: 1), scaled) < 1e-5)
    let normalized = try settings.preprocessing(channels: 3).normalized(images)
    #expect(
      try distance(open("linear", settings).logits(images).floats(), open("linear").logits(normalized).floats()) < 1e-5)
  }

  @Test func trainingModeIsLeft() throws {
    let classifier = try open("cnn")
    let images = try images(3)
    #expect(try classifier.logits(images).floats() == classifier.logits(images).floats())
  }

  @Test func greyModelsAreRecognised() throws {
    #expect(try open("grey").preprocessing.channels == 1)
    #expect(try open("grey").logits(images(2, channels: 1)).shape == [2, 4])
  }

  @Test(arguments: ["float64", "optional-input", "spatial"])
  func modelsThatDifferOnlyInForm(name: String) throws {
    let classifier = try open(name)
    #expect(classifier.warnings.isEmpty)
    let logits = try classifier.logits(images(2))
    #expect(logits.shape == [2, 4] && logits.type == .float32)
    #expect(try distance(logits.floats(), open("linear").logits(images(2)).floats()) < 1e-5)
  }

  @Test func sixteenBitWeightsBecomeFloats() throws {
    let logits = try open("bfloat16").logits(images(2))
    #expect(logits.type == .float32)
    // bfloat16 keeps 8 bits of each of the 192 weights, of at most 0.19, that a logit sums up.
    #expect(try distance(logits.floats(), open("linear").logits(images(2)).floats()) < 192 * 0.19 / 512)
  }

  @Test func anySizeUpToAThousandClasses() throws {
    let classifier = try open("thousand-classes", ScriptSettings(height: 20, width: 13))
    #expect(classifier.labels.count == 1000)
    #expect(try classifier.logits(Tensor(repeating: 0.5, shape: [1, 3, 20, 13])).shape == [1, 1000])
    #expect(classifier.bytesPerImage >= 100 * 4 * 3 * 20 * 13)
  }

  @Test func anUnknownSizeIsAssumed() throws {
    let classifier = try open("cnn", ScriptSettings())
    #expect(classifier.warnings == [.assumedSize(224)])
    #expect(classifier.preprocessing.height == 224 && classifier.preprocessing.width == 224)
  }

  @Test(arguments: ["single-logit", "no-class-axis"])
  func aSingleOutputMeansTwoClasses(name: String) throws {
    let classifier = try open(name)
    let logits = try classifier.logits(images(3)).floats()
    #expect(classifier.labels.count == 2 && classifier.warnings.isEmpty)
    #expect(logits.count == 6 && logits[0] == -logits[1] && logits[1] != 0)
    if name == "single-logit" {
      #expect(try distance(gradient(classifier, images(1), class: 1), weights(of: 0).map { $0 / 2 }) < 1e-6)
      #expect(try distance(gradient(classifier, images(1), class: 0), weights(of: 0).map { -$0 / 2 }) < 1e-6)
    }
  }

  @Test(arguments: [("batch-one", 1), ("batch-four", 4), ("batch-merged", 1)])
  func aFixedBatchSizeIsKept(name: String, batch: Int) throws {
    let classifier = try open(name)
    #expect(classifier.warnings == [.fixedBatch(batch)])
    for count in [1, 4, 6] {
      let images = try images(count)
      #expect(try distance(classifier.logits(images).floats(), open("linear").logits(images).floats()) < 1e-5)
      #expect(try distance(gradient(classifier, images, class: 3), gradient(open("linear"), images, class: 3)) < 1e-5)
    }
  }

  @Test(arguments: [
    ("softmax", ScriptWarning.activation(.softmax)), ("log-softmax", .activation(.logSoftmax)),
    ("single-sigmoid", .activation(.sigmoid)), ("saturated-softmax", .activation(.softmax)), ("sign", .zeroGradient),
  ])
  func doubtfulModelsAreWarnedOf(name: String, warning: ScriptWarning) throws {
    #expect(try open(name).warnings == [warning])
  }

  // MARK: Models that do not work

  @Test(arguments: [
    ("traced-dropout", ScriptError.answersDiffer), ("batch-statistics", .dependsOnBatch),
    ("tuple", .returns("a tuple")), ("dictionary", .returns("a dictionary")), ("list", .returns("a list")),
    ("dense-map", .outputShape([3, 4, 8, 8], images: 3)), ("nan", .notFinite("outputs")), ("two-inputs", .inputs(2)),
    ("state-dictionary", .savedWithoutCode),
  ])
  func uselessModelsAreExplained(name: String, expected: ScriptError) {
    #expect(throws: expected) { try open(name) }
  }

  @Test(arguments: ["detached", "decision"])
  func withoutGradientThereIsNothingToExplain(name: String) {
    #expect(throws: ClassifierError.noGradient) { try open(name) }
  }

  @Test(.enabled(if: Torch.version.hasPrefix("1."))) func unknownOperatorsAreNamed() {
    #expect(throws: ScriptError.unknownOperator("aten::rms_norm")) { try open("unknown-operator") }
    let message = ScriptError.unknownOperator("aten::rms_norm").errorDescription ?? ""
    #expect(message.contains("aten::rms_norm") && message.contains("LIBTORCH"))
  }

  @Test func exportedProgramsAreNoTorchScript() {
    let url = Fixture.url("torchscript/exported.pt2")
    #expect(throws: ScriptError.exportedProgram) { try ScriptClassifier(contentsOf: url, settings: Self.eight) }
  }

  @Test(arguments: [(10, 3), (8, 1)])
  func aWrongSizeOrChannelCountIsExplained(side: Int, channels: Int) throws {
    let error = try #require(throws: ScriptError.self) {
      try open("linear", ScriptSettings(height: side, width: side, channels: channels))
    }
    guard case .fails(_, let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reason.contains("cannot be multiplied"))
    #expect(error.errorDescription?.contains("another size") == true)
  }

  @Test func labelsMustFit() {
    var settings = Self.eight
    settings.labels = ["one", "two", "three"]
    #expect(throws: ScriptError.labelCount(3, classes: 4, singleOutput: false)) { try open("linear", settings) }
    #expect(throws: ScriptError.labelCount(3, classes: 2, singleOutput: true)) { try open("single-logit", settings) }
  }

  @Test(arguments: [100, 1000, 3000, 4400]) func truncatedFilesAreDamaged(length: Int) throws {
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: Fixture.url("torchscript/linear.pt"))
    try whole.prefix(length).write(to: folder.file("cut.pt"))
    let error = try #require(throws: ScriptError.self) { try ScriptClassifier(contentsOf: folder.file("cut.pt")) }
    guard case .damaged = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test(arguments: ["", "hello", "PK", "{\"a\": 1}"]) func otherFilesAreNoModels(content: String) throws {
    let folder = try TemporaryFolder()
    try Data(content.utf8).write(to: folder.file("model.pt"))
    let error = try #require(throws: (any Error).self) { try ScriptClassifier(contentsOf: folder.file("model.pt")) }
    if content == "PK" {
      guard case .damaged? = error as? ScriptError else {
        Issue.record("\(error)")
        return
      }
    } else {
      #expect(error as? ModelFileError == .notAModel)
    }
  }

  @Test func missingFilesAreNamedByTheSystem() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CocoaError.self) { try ScriptClassifier(contentsOf: folder.file("none.pt")) }
  }

  @Test func everyMessageIsOneLine() throws {
    for name in ["traced-dropout", "tuple", "dense-map", "nan", "two-inputs", "state-dictionary", "unknown-operator"] {
      let error = try #require(throws: ScriptError.self) { try open(name) }
      #expect(error.errorDescription?.contains("\n") == false)
    }
  }

  // MARK: Batch sizes in libtorch's words

  @Test(arguments: [
    ("shape '[4, 192]' is invalid for input of size 576", [4]),
    ("The size of tensor a (3) must match the size of tensor b (8) at non-singleton dimension 0", [8]),
    ("Sizes of tensors must match except in dimension 1. Expected size 16 but got size 3 for tensor number 1", [16]),
    ("Sizes of tensors must match except in dimension 1. Expected size 3 but got size 16 for tensor number 1", [16]),
    ("mat1 and mat2 shapes cannot be multiplied (3x300 and 192x4)", []),
  ])
  func batchSizesAreFoundInMessages(message: String, sizes: [Int]) {
    #expect(ScriptTrial.batchSizes(in: message) == sizes)
  }
}
