import Networks
import Tensors
import TestSupport
import Testing

@Suite @TorchActor struct GraphTests {
  /// Counted by PyTorch: sum(p.numel() for p in model.parameters()).
  @Test(arguments: [
    (Architecture.basicCNN, 3, 10, 495_146), (.basicCNN, 1, 10, 492_010), (.resNet18, 3, 10, 11_181_642),
    (.resNet18, 3, 1000, 11_689_512), (.vitTiny, 3, 10, 545_930), (.vitTiny, 1, 10, 541_834),
  ])
  func weightCounts(_ architecture: Architecture, channels: Int, classes: Int, count: Int) {
    let graph = architecture.graph(channels: channels, classes: classes, height: 32, width: 32)
    let parameters = graph.parameters.filter(\.isTrained)
    #expect(parameters.map { $0.shape.reduce(1, *) }.reduce(0, +) == count)
  }

  @Test func activationsAreCountedPlaceByPlace() {
    var graph = Graph(channels: 3)
    graph.convolution("a", channels: 4, kernel: 3, stride: 2, padding: 1)
    graph.relu()
    graph.maxPool(kernel: 3, stride: 2, padding: 1)
    graph.globalAveragePool()
    graph.linear("fc", channels: 5)
    // 3·9·7 image, 4·5·4 convolution and ReLU, 4·3·2 pooling, 4 means, 5 logits
    #expect(graph.activationCount(height: 9, width: 7) == 189 + 80 + 80 + 24 + 4 + 5)
  }

  @Test func foldingRemovesEveryBatchNormalization() throws {
    let network = try formulaNetwork(.resNet18, channels: 3, classes: 5, height: 32, width: 32)
    let folded = try network.folded()
    #expect(!folded.graph.nodes.contains { $0.operation == "aten::batch_norm" })
    #expect(Set(folded.parameters.keys) == Set(folded.graph.parameters.map(\.name)))
    #expect(network.graph.nodes.count - folded.graph.nodes.count == 20)
  }

  @Test func initialWeightsDependOnTheSeedAlone() throws {
    for architecture in Architecture.paper + [.efficientNetLite0, .vitTiny] {
      func weights(_ seed: UInt64) throws -> [Float] {
        let graph = architecture.graph(channels: 3, classes: 4, height: 8, width: 8)
        let parameters = try architecture.initialParameters(of: graph, seed: seed)
        return try parameters.sorted { $0.key < $1.key }.flatMap { try $0.value.floats() }
      }
      #expect(try weights(1) == weights(1))
      #expect(try weights(1) != weights(2))
    }
  }

  /// PyTorch's default: uniform in ±1/√fan-in, of variance 1 / (3 fan-in). torchvision's ResNet: variance 2 / fan-out.
  @Test func initialWeightsHaveTheRightSpread() throws {
    func variance(_ values: [Float]) -> Float { values.map { $0 * $0 }.reduce(0, +) / Float(values.count) }
    func weights(_ architecture: Architecture) throws -> [String: Tensor] {
      try architecture.initialParameters(
        of: architecture.graph(channels: 3, classes: 10, height: 32, width: 32), seed: 5)
    }
    let plain = try weights(.basicCNN)
    let kernel = try #require(plain["block3.conv3.weight"]).floats()
    let bound = 1 / (Float(128 * 9)).squareRoot()
    #expect(kernel.allSatisfy { abs($0) <= bound })
    #expect(abs(variance(kernel) * 3 * 128 * 9 - 1) < 0.02)
    let residual = try weights(.resNet18)
    #expect(abs(variance(try #require(residual["layer2.0.conv1.weight"]).floats()) * 128 * 9 / 2 - 1) < 0.03)
    #expect(try #require(residual["bn1.weight"]).floats().allSatisfy { $0 == 1 })
    let transformer = try weights(.vitTiny)
    #expect(abs(variance(try #require(transformer["blocks.1.mlp.fc1.weight"]).floats()) * 3 * 128 - 1) < 0.03)
    #expect(abs(variance(try #require(transformer["pos_embed"]).floats()) / 0.0004 - 1) < 0.06)
    #expect(try #require(transformer["norm.weight"]).floats().allSatisfy { $0 == 1 })
  }
}
