import Networks
import Tensors
import TestSupport
import Testing

@testable import Maps

/// With many classes the gradients come from those of the features; one pass for each class is the oracle.
@Suite @TorchActor struct FeatureGradientsTests {
  /// 80 features, of which some are dead for every image, and 130 classes; float64, where sums in another order differ by far less.
  private func classifier() throws -> GraphClassifier {
    var graph = Graph(channels: 3)
    graph.convolution("conv", channels: 80, kernel: 3, padding: 1)
    graph.relu()
    graph.globalAveragePool()
    graph.linear("fc", channels: 130)
    var parameters: [String: Tensor] = [:]
    for (stream, parameter) in graph.parameters.enumerated() {
      parameters[parameter.name] = try Formula.parameter(700 + stream, parameter).to(.float64)
    }
    let bias = (0..<80).map { $0 % 3 == 0 ? -100.0 : 0.1 }
    parameters["conv.bias"] = try Tensor(bias, shape: [80])
    return GraphClassifier(graph, height: 6, width: 5, parameters: parameters)
  }

  @Test("values of every class equal those of one pass for each", arguments: [1, 2])
  func everyClass(images count: Int) throws {
    let model = try classifier()
    let images = try Formula.tensor(710, [count, 3, 6, 5]).to(.float64)
    // Another class for each image, and more turns than go into one block.
    let turns = (0..<130).map { turn in (0..<count).map { (turn + 7 * $0) % 130 } }
    func all(_ work: any ClassAttributions) throws -> [[Double]] {
      var values: [[Double]] = []
      try work.values(
        for: turns, progress: { _ in },
        { turn, tensor in
          #expect(turn == values.count && tensor.shape == images.shape)
          values.append(try tensor.doubles())
        })
      return values
    }
    let work = try Gradient().begin(ImageBatch(images), model)
    #expect(work is FeatureGradients)
    let (ours, theirs) = (try all(work), try all(RecordedGradients(images, model.logits)))
    for turn in turns.indices {
      expectClose(ours[turn], theirs[turn], relative: 1e-10, absolute: 1e-13, "turn \(turn)")
    }
    #expect(model.featurePasses > 0)
  }

  @Test("few classes, and memory that does not suffice, take a pass for each")
  func whereItDoesNotPay() throws {
    let model = try classifier()
    let images = try Formula.tensor(710, [1, 3, 6, 5]).to(.float64)
    for (turns, memory) in [(40, 1 << 30), (130, 20_000)] {
      let work = try Gradient().begin(ImageBatch(images, memory: memory), model)
      try work.values(for: (0..<turns).map { [$0] }, progress: { _ in }, { _, _ in })
      // At most the pass that tells which features are live.
      #expect(model.featurePasses <= 1)
      model.featurePasses = 0
    }
  }

  @Test("features that are zero by chance are not taken for dead")
  func zeroByChance() throws {
    // F = x₀ − x₁, which is 0 where both are the same, with the gradient (1, −1).
    var graph = Graph(channels: 2)
    graph.convolution("conv", channels: 60, kernel: 1)
    graph.globalAveragePool()
    graph.linear("fc", channels: 90)
    let kernel: [Float] = [1, -1] + Array(repeating: 0, count: 118)
    let weights = (0..<90).flatMap { Array(repeating: Float($0), count: 60) }
    let model = GraphClassifier(
      graph, height: 1, width: 1,
      parameters: [
        "conv.weight": try Tensor(kernel, shape: [60, 2, 1, 1]),
        "conv.bias": try Tensor(repeating: 0, shape: [60]),
        "fc.weight": try Tensor(weights, shape: [90, 60]),
        "fc.bias": try Tensor(repeating: 0, shape: [90]),
      ])
    let image = try Tensor([0.5, 0.5] as [Float], shape: [1, 2, 1, 1])
    let work = try Gradient().begin(ImageBatch(image), model)
    try work.values(
      for: (0..<90).map { [$0] }, progress: { _ in },
      { turn, values in
        let values = try values.floats()
        #expect(values == [Float(turn), -Float(turn)])
      })
  }
}
