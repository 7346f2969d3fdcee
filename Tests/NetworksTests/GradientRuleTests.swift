import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Known answers of attributions that change what flows back, on networks of a few numbers.
@Suite @TorchActor struct GradientRuleTests {
  /// One pixel x, two units relu(±2x + b), two logits.
  private func oneLayer(hasReLU: Bool = true) throws -> GraphClassifier {
    var graph = Graph(channels: 1)
    graph.convolution("conv", channels: 2, kernel: 1)
    if hasReLU { graph.relu() }
    graph.globalAveragePool()
    graph.linear("fc", channels: 2)
    return GraphClassifier(
      graph, height: 1, width: 1,
      parameters: [
        "conv.weight": try Tensor([2, -2] as [Float], shape: [2, 1, 1, 1]),
        "conv.bias": try Tensor([-1, 1] as [Float], shape: [2]),
        "fc.weight": try Tensor([3, 5, -3, 7] as [Float], shape: [2, 2]),
        "fc.bias": try Tensor([0.5, -0.5] as [Float], shape: [2]),
      ])
  }

  private func values(
    _ attribution: any Attribution, _ classifier: any Classifier, at pixel: Float, class explained: Int
  ) throws -> Float {
    let image = try Tensor([pixel], shape: [1, 1, 1, 1])
    try attribution.check(classifier)
    return try attribution.begin(ImageBatch(image), classifier).values(for: [explained]).floats()[0]
  }

  /// At x = 0.75 only the first unit is on: relu(2x − 1) = 0.5. At 0 only the second: relu(1 − 2x) = 1.
  @Test func deepLIFTOnOneReLU() throws {
    let model = try oneLayer()
    // Logit 0: 3 (0.5 − 0) + 5 (0 − 1); logit 1: −3 · 0.5 + 7 (0 − 1).
    // The multipliers are thirds, which round.
    #expect(abs(try values(DeepLIFT(), model, at: 0.75, class: 0) - (3 * 0.5 - 5)) < 1e-6)
    #expect(abs(try values(DeepLIFT(), model, at: 0.75, class: 1) - (-3 * 0.5 - 7)) < 1e-6)
    // From white, where the first unit is 1 and the second off.
    #expect(try values(DeepLIFT(baseline: .white), model, at: 0.75, class: 0) == 3 * (0.5 - 1))
    // The baseline itself differs in nothing.
    #expect(try values(DeepLIFT(baseline: .mean), model, at: 0.75, class: 0) == 0)
  }

  @Test func guidedBackpropagationOnOneReLU() throws {
    let model = try oneLayer()
    // The gradients 3 · 2 and −3 · 2 of the logits: the second is stopped at the unit.
    #expect(try values(Gradient(), model, at: 0.75, class: 0) == 6)
    #expect(try values(Gradient(), model, at: 0.75, class: 1) == -6)
    #expect(try values(GuidedBackpropagation(), model, at: 0.75, class: 0) == 6)
    #expect(try values(GuidedBackpropagation(), model, at: 0.75, class: 1) == 0)
    // What passes a unit may still be negative at the image: 5 · (−2).
    #expect(try values(GuidedBackpropagation(), model, at: 0.25, class: 0) == -10)
  }

  /// 3 relu(2x − 1) + 5 relu(1 − 2x) from 0 to 0.75: half of the way −10, then 6 for the rest.
  @Test func integratedGradientsOnOneReLU() throws {
    let model = try oneLayer()
    let value = try values(IntegratedGradients(steps: 999, quadrature: .middle), model, at: 0.75, class: 0)
    #expect(abs(value - (-10 * 0.5 + 6 * 0.25)) < 0.01)
  }

  @Test func withoutReLUDeepLIFTIsGradientTimesDifference() throws {
    let model = try oneLayer(hasReLU: false)
    // (3 · 2 − 5 · 2) and its product with x − 1.
    #expect(try values(DeepLIFT(), model, at: 0.75, class: 0) == -4 * 0.75)
    #expect(try values(DeepLIFT(baseline: .white), model, at: 0.75, class: 0) == -4 * -0.25)
  }

  @Test func withoutReLUGuidedBackpropagationIsRefused() throws {
    let model = try oneLayer(hasReLU: false)
    #expect(throws: MethodError.noActivation("guided-backpropagation")) {
      try Explainer(model, attributions: [GuidedBackpropagation()])
    }
  }

  @Test(arguments: ["guided-backpropagation", "deeplift"]) func unknownLayersAreRefused(_ name: String) throws {
    let script = try ScriptClassifier(
      contentsOf: Fixture.url("torchscript/cnn.pt"), settings: ScriptSettings(height: 32, width: 32))
    let attribution = try #require(Attributions.named(name))
    #expect(throws: MethodError.needsLayers(name)) { try Explainer(script, attributions: [attribution]) }
  }

  /// Windows of a max pooling that overlap: each one's difference goes to its own maxima, and all of it is given out.
  @Test func deepLIFTThroughOverlappingWindows() throws {
    var graph = Graph(channels: 1)
    graph.maxPool(kernel: 3, stride: 2, padding: 1)
    graph.globalAveragePool()
    graph.linear("fc", channels: 1)
    let model = GraphClassifier(
      graph, height: 1, width: 3,
      parameters: [
        "fc.weight": try Tensor([2] as [Float], shape: [1, 1]), "fc.bias": try Tensor([0] as [Float], shape: [1]),
      ])
    let image = try Tensor([0.25, 1, 0.5] as [Float], shape: [1, 1, 1, 3])
    let work = try DeepLIFT().begin(ImageBatch(image), model)
    // Both windows have their maximum, 1, in the middle; the logit is twice their mean.
    #expect(try work.values(for: [0]).floats() == [0, 2, 0])
    // From white, where the maximum 1 stands first in each window, nothing falls: the windows' results agree.
    let white = try DeepLIFT(baseline: .white).begin(ImageBatch(image), model)
    #expect(try white.values(for: [0]).floats().reduce(0, +) == 0)
  }

  @Test func poolingGoesBeforeReLUWhereRulesAreNotAsked() {
    let published = Graph.resNet18(channels: 3, classes: 10)
    let fast = published.poolingFirst()
    #expect(published.nodes[3...4].map(\.operation) == ["aten::relu", "aten::max_pool2d"])
    #expect(fast.nodes[3...4].map(\.operation) == ["aten::max_pool2d", "aten::relu"])
    #expect(fast.nodes.map(\.places) == published.nodes.map(\.places))
    #expect(fast.answer == published.answer && fast.parameters == published.parameters)
    #expect(fast.poolingFirst() == fast)
  }
}
