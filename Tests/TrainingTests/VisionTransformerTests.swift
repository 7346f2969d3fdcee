import Foundation
import Maps
import Networks
import Tensors
import TestSupport
import Testing

@testable import Training

/// ViT-Tiny answers and learns as timm's transformer does, see Tests/Fixtures/transformer.
@Suite @TorchActor struct VisionTransformerTests {
  private struct Expected: Decodable {
    let logits, gradients, relevance, loss: [Double]
  }

  private let expected: Expected

  init() throws {
    expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: Fixture.url("transformer/expected.json")))
  }

  private func network(height: Int = 8, width: Int = 8) throws -> Network {
    try formulaNetwork(.vitTiny, channels: 3, classes: 4, height: height, width: width)
  }

  @Test("logits and gradients are timm's")
  func values() throws {
    let network = try network().converted(to: .float64)
    let images = try Formula.tensor(1000, [2, 3, 8, 8]).to(.float64).variable()
    let logits = try network.logits(images)
    expectClose(try logits.doubles(), expected.logits, relative: 1e-9, absolute: 1e-10)
    var gradients: [Double] = []
    for k in 0..<4 {
      var seed = [Float](repeating: 0, count: 8)
      (seed[k], seed[4 + k]) = (1, 1)
      let found = try logits.gradients(
        seed: Tensor(seed, shape: [2, 4]).to(.float64), of: [images], retaining: k < 3)
      gradients += try #require(found[0]).doubles()
    }
    expectClose(gradients, expected.gradients, relative: 2e-6, absolute: 1e-9)
  }

  @Test("AttnLRP is its authors'")
  func relevance() throws {
    let network = try network().converted(to: .float64)
    let images = try Formula.tensor(1000, [2, 3, 8, 8]).to(.float64)
    let work = try LRP(RelevanceRules(.epsilon, epsilon: 1e-10)).begin(ImageBatch(images), network)
    let values = try (0..<4).flatMap { try work.values(for: [$0, $0]).doubles() }
    let largest = expected.relevance.map(abs).max() ?? 0
    #expect(largest > 0.001)
    expectClose(values, expected.relevance, absolute: 2e-6 * largest)
  }

  @Test("the loss falls as PyTorch's does")
  func loss() throws {
    let network = try network().converted(to: .float64)
    let state = try TrainingState(.vitTiny, Recipe(), graph: network.graph, parameters: network.parameters)
    let images = try Formula.tensor(4300, [8, 3, 8, 8]).to(.float64)
    let labels = try Tensor((0..<8).map { Int64($0 % 4) }, shape: [8])
    for (step, loss) in expected.loss.enumerated() {
      expectClose(try state.step(images, labels).doubles(), [loss], relative: 1e-6, absolute: 1e-7, "step \(step)")
    }
    #expect(expected.loss[9] < expected.loss[0] / 2)
  }

  @Test("sides that are no multiple of a patch are continued with zeros; large images have large patches")
  func sizes() throws {
    let (small, whole) = (try network(height: 6, width: 5), try network())
    let images = try Formula.tensor(7, [2, 3, 6, 5])
    let padded = try Operator("aten::constant_pad_nd")([
      ("self", .tensor(images)), ("pad", .ints([0, 3, 0, 2])), ("value", .int(0)),
    ])[0]
    #expect(try small.logits(images).floats() == whole.logits(#require(padded)).floats())
    let large = Architecture.vitTiny.graph(channels: 3, classes: 10, height: 224, width: 224)
    #expect(large.parameter("pos_embed")?.shape == [1, 196, 128])
    #expect(large.parameter("patch_embed.proj.weight")?.shape == [128, 3, 16, 16])
    // Each of four blocks has 4 heads with 196² scores, kept three times.
    #expect(large.activationCount(height: 224, width: 224) > 4 * 3 * 4 * 196 * 196)
  }

  @Test("weights of another image size are refused, and told as such")
  func otherSize() throws {
    let network = try network()
    var information = network.information
    information.preprocessing = Preprocessing(height: 16, width: 8, channels: 3)
    let error = #expect(throws: ModelFileError.self) {
      try Network(information, parameters: network.parameters)
    }
    #expect(error == .otherSize(patches: 8, found: [1, 4, 128]))
    #expect(error?.localizedDescription.contains("images of another size") == true)
  }

  @Test("fresh weights reach positions and normalisations, too")
  func randomized() throws {
    let network = try network()
    #expect(network.layers.count == 1 + 4 * 4 + 1 && network.layers.last == "head")
    let fresh = try Architecture.vitTiny.initialParameters(of: network.graph, seed: 7)
    let all = try network.randomized(Set(network.layers), seed: 7)
    for (name, tensor) in all.parameters { #expect(try tensor.floats() == fresh[name]?.floats(), "\(name)") }
    let first = try network.randomized(["patch_embed.proj"], seed: 7)
    let changed = first.parameters.filter { name, tensor in
      (try? tensor.floats()) != (try? network.parameters[name]?.floats())
    }
    #expect(
      Set(changed.keys) == [
        "patch_embed.proj.weight", "patch_embed.proj.bias", "pos_embed", "blocks.0.norm1.weight", "blocks.0.norm1.bias",
      ])
  }

  @Test("every attribution explains it", arguments: Attributions.all.map(\.name))
  func attributions(name: String) throws {
    let network = try network(height: 32, width: 32)
    var options = MethodOptions()
    (options.steps, options.samples, options.masks) = (4, 3, 20)
    options.baselines = BaselineImages(BrightOrDark(count: 4, seed: 3), name: "brightness")
    let attribution = try #require(Attributions.named(name)).configured(by: options)
    try attribution.check(network)
    let images = try Formula.tensor(1000, [2, 3, 32, 32])
    let work = try attribution.begin(ImageBatch(images), network)
    let (first, second) = (try work.values(for: [0, 1]).floats(), try work.values(for: [1, 0]).floats())
    #expect(first.count == 2 * 3 * 32 * 32 && first.allSatisfy(\.isFinite))
    #expect(first.contains { $0 != 0 } && first != second)
  }
}
