import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Relevance, class activation maps and rules for all activations against zennit's, pytorch-grad-cam's and Captum's, see
/// Tests/Fixtures/relevance.
@Suite @TorchActor struct RelevanceTests {
  private let expected: [String: Tensor]
  private let images: Tensor
  private let baseline: Baseline

  init() throws {
    expected = try SafeTensors(contentsOf: Fixture.url("relevance/expected.safetensors")).tensors
    images = try #require(expected["images"])
    baseline = .picture(try Preprocessing.raster(from: #require(expected["baseline"])), name: "picture")
  }

  private func network(_ name: String) throws -> ImportedNetwork {
    let settings = ScriptSettings(height: 8, width: 8)
    return try #require(
      try ModelChoice.open(Fixture.url("relevance/\(name).pt2").path, settings: settings).classifier
        as? ImportedNetwork)
  }

  private func values(
    _ attribution: any Attribution, _ network: any Classifier, of class: Int
  ) throws -> Tensor {
    try attribution.check(network)
    return try attribution.begin(ImageBatch(images), network).values(for: [`class`, `class`, `class`])
  }

  @Test("relevance is zennit's, by every composite", arguments: RelevanceRules.Composite.allCases)
  func composites(composite: RelevanceRules.Composite) throws {
    let network = try network("relevant")
    let wanted = try #require(expected["relevant.\(composite.rawValue)"])
    for k in 0..<4 {
      let theirs = try wanted[k..<k + 1].floats()
      let largest = theirs.map(abs).max() ?? 0
      #expect(largest > 0.001)
      // Float32 against float64, through quotients.
      expectClose(
        try values(LRP(RelevanceRules(composite)), network, of: k).floats(), theirs, absolute: 5e-5 * largest,
        "class \(k)")
    }
  }

  @Test("without a name the composite is that of the network")
  func usualComposite() throws {
    let network = try network("relevant")
    #expect(
      try values(LRP(), network, of: 1).floats()
        == values(LRP(RelevanceRules(.epsilonGammaBox)), network, of: 1).floats())
    let modern = try self.network("modern")
    #expect(try values(LRP(), modern, of: 1).floats() == values(LRP(RelevanceRules(.epsilon)), modern, of: 1).floats())
  }

  @Test("class activation maps are pytorch-grad-cam's", arguments: CAM.Kind.allCases)
  func maps(kind: CAM.Kind) throws {
    let network = try network("relevant")
    let wanted = try #require(expected["relevant.\(kind.rawValue)"])
    for k in 0..<4 {
      let theirs = try wanted[k..<k + 1].floats()
      let largest = theirs.map(abs).max() ?? 0
      let ours = try values(CAM(kind), network, of: k)
      #expect(ours.shape == [3, 3, 8, 8] && largest > 0.001)
      for channel in 0..<3 {
        expectClose(
          try ours.slice(axis: 1, channel..<channel + 1).floats(), theirs, absolute: 2e-5 * largest, "class \(k)")
      }
    }
  }

  @Test("layers have the names of their weights, or of their operators; what is not there is told with what is")
  func layers() throws {
    let network = try network("relevant")
    let layers = try network.spatialLayers()
    #expect(layers.map(\.name).contains("conv1") && layers.last?.name == "relu_2")
    #expect(layers.last?.reachesLogits == true && layers.last?.height == 4 && layers.last?.features == 8)
    let first = try values(CAM(layer: "conv1"), network, of: 0).floats()
    #expect(try first != values(CAM(), network, of: 0).floats())
    let error = #expect(throws: MethodError.self) { try values(CAM(layer: "conv9"), network, of: 0) }
    #expect(error?.localizedDescription.contains("conv9") == true)
    // The tokens of the last block but the class's own reach no logit: its first normalisation is the last layer that does.
    let modern = try self.network("modern")
    let last = try modern.layer(nil, for: "grad-cam")
    #expect(last.name == "norm1" && last.plane == .tokens(skipped: 1) && last.height == 4 && last.width == 4)
    #expect(try values(CAM(), modern, of: 2).floats().contains { $0 != 0 })
  }

  @Test("DeepLIFT of smooth activations is Captum's")
  func smooth() throws {
    let network = try network("smooth")
    let wanted = try #require(expected["smooth.deeplift"])
    for k in 0..<4 {
      let theirs = try wanted[k..<k + 1].floats()
      let largest = theirs.map(abs).max() ?? 0
      #expect(largest > 0.001)
      expectClose(
        try values(DeepLIFT(baseline: baseline), network, of: k).floats(), theirs, absolute: 2e-5 * largest,
        "class \(k)")
    }
  }

  @Test("DeepLIFT adds up through gates, normalisation and attention")
  func completeness() throws {
    let network = try network("modern")
    #expect(network.unruledOperator == nil)
    let differences = try #require(expected["modern.difference"]).doubles()
    for k in 0..<4 {
      let sums = try values(DeepLIFT(baseline: baseline), network, of: k).to(.float64).sum([1, 2, 3]).doubles()
      expectClose(sums, (0..<3).map { differences[4 * $0 + k] }, absolute: 2e-5, "class \(k)")
    }
    // The derivative does not.
    let gradient = try values(GradientXInput(), network, of: 0).to(.float64).sum([1, 2, 3]).doubles()
    #expect(zip(gradient, (0..<3).map { differences[4 * $0] }).contains { abs($0 - $1) > 0.01 })
  }

  @Test("DeepLIFT adds up through attention that is one operator, with a network of torchvision's")
  func attention() throws {
    let settings = ScriptSettings(height: 8, width: 8)
    let network = try #require(
      try ModelChoice.open(Fixture.url("torchscript/vit.pt").path, settings: settings).classifier as? ImportedNetwork)
    #expect(network.unruledOperator == nil)
    let difference = try network.logits(images).doubles()
    let black = try network.logits(Tensor(repeating: 0, shape: [1, 3, 8, 8])).doubles()
    for k in 0..<4 {
      let sums = try values(DeepLIFT(), network, of: k).to(.float64).sum([1, 2, 3]).doubles()
      expectClose(sums, (0..<3).map { difference[4 * $0 + k] - black[k] }, absolute: 2e-5, "class \(k)")
      #expect(try values(LRP(), network, of: k).floats().allSatisfy(\.isFinite))
    }
  }

  @Test("relevance without biases adds up to the logit")
  func conservation() throws {
    var graph = Graph(channels: 3)
    graph.convolution("conv1", channels: 5, kernel: 3, padding: 1, bias: false)
    graph.relu()
    graph.convolution("conv2", channels: 4, kernel: 3, padding: 1, bias: false)
    graph.relu()
    graph.globalAveragePool()
    graph.linear("fc", channels: 3)
    func noise(_ shape: [Int], _ seed: UInt64) throws -> Tensor {
      try Tensor.normal(deviation: 0.5, shape: shape, using: Generator(seed: seed))
    }
    let model = GraphClassifier(
      graph, height: 8, width: 8,
      parameters: [
        "conv1.weight": try noise([5, 3, 3, 3], 1), "conv2.weight": try noise([4, 5, 3, 3], 2),
        "fc.weight": try noise([3, 4], 3), "fc.bias": try Tensor(repeating: 0, shape: [3]),
      ])
    let logits = try model.logits(images).doubles()
    for composite in [RelevanceRules.Composite.epsilon, .gamma, .epsilonPlus, .epsilonPlusFlat, .epsilonGammaBox] {
      for k in 0..<3 {
        let sums = try values(LRP(RelevanceRules(composite, epsilon: 1e-9)), model, of: k).to(.float64).sum([1, 2, 3])
        // γ and z⁺ lose what a sum has whose parts of the wanted sign are none.
        let tolerance = composite == .epsilon ? 1e-4 : 0.01
        let error = zip(try sums.doubles(), (0..<3).map { logits[3 * $0 + k] }).map { abs($0 - $1) }.max() ?? 1
        #expect(error < tolerance, "\(composite) class \(k): \(error)")
      }
    }
  }

  @Test("guided backpropagation at any activation: what is positive, times the derivative")
  func guided() throws {
    let network = try network("smooth")
    #expect(network.hasActivation)
    let found = try values(GuidedBackpropagation(), network, of: 0).floats()
    #expect(try found != values(Gradient(), network, of: 0).floats())
    // One sigmoid of one pixel: s'(wx) w, and nothing where the class's weight is negative.
    var graph = Graph(channels: 1)
    graph.convolution("conv", channels: 1, kernel: 1, bias: false)
    graph.append(Graph.Node("aten::sigmoid", "", [("self", .result(Graph.Place(graph.last)))]))
    graph.globalAveragePool()
    graph.linear("fc", channels: 2)
    let model = GraphClassifier(
      graph, height: 1, width: 1,
      parameters: [
        "conv.weight": try Tensor([2] as [Float], shape: [1, 1, 1, 1]),
        "fc.weight": try Tensor([3, -3] as [Float], shape: [2, 1]), "fc.bias": try Tensor(repeating: 0, shape: [2]),
      ])
    let batch = ImageBatch(try Tensor([0.5] as [Float], shape: [1, 1, 1, 1]))
    let work = try GuidedBackpropagation().begin(batch, model)
    let sigmoid = 1 / (1 + Float(-1).exponential)
    expectClose(try work.values(for: [0]).floats(), [3 * 2 * sigmoid * (1 - sigmoid)], absolute: 1e-6)
    #expect(try work.values(for: [1]).floats() == [0])
  }

  @Test("options that make no sense")
  func options() throws {
    let network = try network("relevant")
    #expect(throws: MethodError.relevance(epsilon: 0, gamma: 0.25)) {
      try LRP(RelevanceRules(epsilon: 0)).check(network)
    }
    #expect(throws: MethodError.relevance(epsilon: 1e-6, gamma: -1)) {
      try LRP(RelevanceRules(gamma: -1)).check(network)
    }
  }
}

extension Float {
  fileprivate var exponential: Float { Float(exp(Double(self))) }
}
