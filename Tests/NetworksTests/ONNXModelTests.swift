import Foundation
import Maps
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Networks as PyTorch exports them to ONNX (`Tests/Fixtures/onnx`) become graphs that answer as PyTorch does.
@Suite @TorchActor struct ONNXModelTests {
  private static func url(_ name: String) -> URL { Fixture.url("onnx/\(name).onnx") }

  @Test(
    "logits and gradients are PyTorch's, for the batch that the file was written for and for others",
    arguments: [
      "cnn-dynamo", "cnn-dynamo-one", "cnn-dynamo-23", "cnn-script", "cnn-script-two", "cnn-script-9", "external",
      "attention-dynamo", "attention-dynamo-one", "attention-dynamo-23", "attention-script", "attention-script-two",
      "shapes-dynamo", "shapes-dynamo-one", "shapes-script", "shapes-script-two", "probabilities-dynamo",
    ])
  func answers(name: String) throws {
    let expected = try SafeTensors(contentsOf: Fixture.url("onnx/expected.safetensors")).tensors
    let kind = name == "external" ? "cnn" : String(name.prefix { $0 != "-" })
    let (images, logits) = (try #require(expected["images"]), try #require(expected["\(kind)/logits"]))
    let gradients = try #require(expected["\(kind)/gradients"])
    let opened = try ModelChoice.open(Self.url(name).path)
    let network = try #require(opened.classifier as? ImportedNetwork)
    #expect(network.preprocessing.height == 16 && network.labels.count == 5)
    #expect(opened.warnings.count == (kind == "probabilities" ? 1 : 0), "\(opened.warnings)")
    let values = try logits.doubles()
    let spread = (values.max() ?? 0) - (values.min() ?? 0)
    for batch in [0..<3, 0..<2, 1..<2] {
      let variable = try images[batch].variable()
      let answer = try network.logits(variable)
      expectClose(try answer.doubles(), try logits[batch].doubles(), absolute: 1e-5 * spread, "\(name) \(batch)")
      let seed = try Tensor((0..<batch.count * 5).map { $0 % 5 == 0 ? 1 : 0 as Float }, shape: [batch.count, 5])
      let gradient = try #require(try answer.gradients(seed: seed, of: [variable])[0]).doubles()
      let wanted = try gradients[batch].doubles()
      expectClose(gradient, wanted, absolute: 1e-5 * (wanted.map(abs).max() ?? 0), "\(name) \(batch): gradients")
    }
  }

  @Test("of a convolutional network the layers are known, and the rules reach through it")
  func layers() throws {
    let inspection = try ModelInspection(Self.url("cnn-dynamo").path)
    #expect(inspection.format.hasPrefix("ONNX, opset 18, by pytorch 2."), "\(inspection.format)")
    #expect(inspection.classes == 5 && inspection.hasActivation && inspection.unruledOperator == nil)
    let counts = Dictionary(uniqueKeysWithValues: inspection.operators.map { ($0.name, $0.count) })
    #expect(counts["conv2d"] == 2 && counts["relu"] == 3 && counts["linear"] == 1, "\(counts)")
    let network = try #require(try ModelChoice.open(Self.url("cnn-script").path).classifier as? ImportedNetwork)
    #expect(network.featureCount == 6 && network.graph.parameter("fc.weight") != nil)
  }

  @Test("several threads may ask at once, each about another number of images", arguments: ["attention", "shapes"])
  func threads(name: String) async throws {
    let expected = try SafeTensors(contentsOf: Fixture.url("onnx/expected.safetensors")).tensors
    let (images, logits) = (try #require(expected["images"]), try #require(expected["\(name)/logits"]))
    let network = try ONNXNetwork(contentsOf: Self.url("\(name)-script-two"), device: .cpu)
    let largest = Mutex<Float>(0)
    try await TorchActor.concurrently(3, threads: 1) { worker in
      let right = try logits[0..<worker + 1].to(.float32).floats()
      for _ in 0..<40 {
        let answer = try network.answer(images[0..<worker + 1].to(.float32)).floats()
        let change = answer.count == right.count ? zip(answer, right).map { abs($0 - $1) }.max() ?? 0 : .infinity
        largest.withLock { $0 = max($0, change) }
      }
    }
    #expect(largest.withLock { $0 } < 1e-3)
  }

  @Test("the file says who wrote it and which images it takes")
  func description() throws {
    let one = try ONNXNetwork(contentsOf: Self.url("shapes-script-two"), device: .cpu)
    #expect(one.description.hasPrefix("ONNX, opset 14, by pytorch 2.") && one.inputShape == [2, 3, 16, 16])
    let any = try ONNXNetwork(contentsOf: Self.url("attention-dynamo-23"), device: .cpu)
    #expect(any.description.hasPrefix("ONNX, opset 23") && any.inputShape == [nil, 3, 16, 16])
    #expect(any.weights["fc.weight"]?.shape == [5, 8], "\(any.weights.keys.sorted())")
  }

  @Test("weights beside the file are missed where they are not there")
  func external() throws {
    let folder = try TemporaryFolder()
    let copy = folder.file("external.onnx")
    try FileManager.default.copyItem(at: Self.url("external"), to: copy)
    let error = try #require(throws: ModelChoiceError.self) { try ModelChoice.open(copy.path) }
    #expect(error.localizedDescription.contains("external.onnx.data"), "\(error.localizedDescription)")
    #expect(error.localizedDescription.contains("keep the two together"))
  }

  @Test("a file is known by what is in it, a damaged one by its name")
  func recognized() throws {
    for name in ["cnn-dynamo", "cnn-script-9", "external"] { #expect(ONNXNetwork.recognizes(Self.url(name))) }
    for other in ["torchscript/cnn.pt", "exported/cnn.pt2", "exported/expected.safetensors", "onnx/make_models.py"] {
      #expect(!ONNXNetwork.recognizes(Fixture.url(other)), "\(other)")
    }
    let folder = try TemporaryFolder()
    let renamed = folder.file("model.bin")
    try FileManager.default.copyItem(at: Self.url("cnn-dynamo"), to: renamed)
    #expect(try ModelChoice.open(renamed.path).classifier is ImportedNetwork)
  }
}
