import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Guided backpropagation and DeepLIFT of networks in files, see Tests/Fixtures/rules.
@Suite @TorchActor struct ImportedRulesTests {
  private static nonisolated let formats = [".pt2", "-dynamo.onnx", "-script.onnx", ".pt"]

  private let expected: [String: Tensor]
  private let images: Tensor
  private let baselines: [String: Baseline]

  init() throws {
    expected = try SafeTensors(contentsOf: Fixture.url("rules/expected.safetensors")).tensors
    images = try #require(expected["images"])
    let picture = try Preprocessing.raster(from: #require(expected["baseline"]))
    baselines = ["black": .black, "picture": .picture(picture, name: "picture")]
  }

  private func network(_ file: String) throws -> ImportedNetwork {
    let settings = ScriptSettings(height: 8, width: 8)
    return try #require(
      try ModelChoice.open(Fixture.url("rules/\(file)").path, settings: settings).classifier as? ImportedNetwork)
  }

  private func values(_ attribution: any Attribution, _ network: ImportedNetwork, of class: Int) throws -> [Float] {
    try attribution.check(network)
    return try attribution.begin(ImageBatch(images), network).values(for: [`class`, `class`, `class`]).floats()
  }

  @Test("where each ReLU is a module of its own, values are Captum's", arguments: formats)
  func distinct(format: String) throws {
    let network = try network("distinct\(format)")
    #expect(network.hasActivation && network.unruledOperator == nil)
    var attributions: [(String, any Attribution)] = [("guided", GuidedBackpropagation())]
    for (name, baseline) in baselines { attributions.append(("deeplift-\(name)", DeepLIFT(baseline: baseline))) }
    for (name, attribution) in attributions {
      let wanted = try #require(expected["distinct.\(name)"])
      for k in 0..<4 {
        let theirs = try wanted[k..<k + 1].floats()
        let largest = theirs.map(abs).max() ?? 0
        #expect(largest > 0.001)
        // Float32 against float64.
        expectClose(try values(attribution, network, of: k), theirs, absolute: 1e-5 * largest, "\(name) of class \(k)")
      }
    }
  }

  @Test(
    "DeepLIFT needs no modules: values add up to the difference of logits",
    arguments: formats.map { "reused\($0)" } + ["permuted-dynamo.onnx", "permuted-fixed.onnx"])
  func reused(file: String) throws {
    let network = try network(file)
    let name = file.prefix { $0.isLetter }
    #expect(network.unruledOperator == nil)
    for (place, baseline) in baselines {
      let differences = try #require(expected["\(name).\(place)"]).doubles()
      for k in 0..<4 {
        let values = try values(DeepLIFT(baseline: baseline), network, of: k).map(Double.init)
        let sums = (0..<3).map { values[$0 * values.count / 3..<($0 + 1) * values.count / 3].reduce(0, +) }
        expectClose(sums, (0..<3).map { differences[4 * $0 + k] }, absolute: 1e-5, "\(place), class \(k)")
      }
    }
  }
}
