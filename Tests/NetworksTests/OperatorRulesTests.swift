import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Rules through operators that few networks have, against others that do the same, or against what must add up.
@Suite @TorchActor struct OperatorRulesTests {
  private let images: Tensor
  private let baseline: Baseline

  init() throws {
    images = try Formula.tensor(1000, [3, 3, 8, 8])
    baseline = .picture(try Preprocessing.raster(from: Formula.tensor(1001, [1, 3, 8, 8])), name: "picture")
  }

  private func values(_ attribution: any Attribution, _ network: any Classifier, of class: Int) throws -> Tensor {
    try attribution.check(network)
    return try attribution.begin(ImageBatch(images), network).values(for: [`class`, `class`, `class`])
  }

  @Test("rules reach through vectors of length one, as Swin's second version has them")
  func euclidean() throws {
    var graph = Graph(channels: 3)
    let conv = graph.convolution("conv", channels: 4, kernel: 2, stride: 2)
    func last() -> Graph.Value { .result(Graph.Place(graph.last)) }
    let norm: [(String, Graph.Value)] = [
      ("self", last()), ("ord", .int(2)), ("dim", .ints([1])), ("keepdim", .bool(true)),
    ]
    graph.append(Graph.Node("aten::linalg_vector_norm", "", norm))
    graph.append(Graph.Node("aten::clamp_min", "", [("self", last()), ("min", .double(1e-12))]))
    graph.append(Graph.Node("aten::div", "Tensor", [("self", .result(Graph.Place(conv))), ("other", last())]))
    graph.globalAveragePool()
    graph.linear("fc", channels: 2, inputs: 4)
    #expect(graph.unruledOperator == nil)
    let model = GraphClassifier(
      graph, height: 8, width: 8,
      parameters: [
        "conv.weight": try Formula.signed(1, [4, 3, 2, 2]), "conv.bias": try Formula.signed(2, [4]),
        "fc.weight": try Formula.signed(3, [2, 4]), "fc.bias": try Formula.signed(4, [2]),
      ])
    let (own, black) = (try model.logits(images), try model.logits(Tensor(repeating: 0, shape: [3, 3, 8, 8])))
    let sums = try values(DeepLIFT(), model, of: 1).to(.float64).sum([1, 2, 3]).doubles()
    let differences = try (own - black).doubles().enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    expectClose(sums, differences, absolute: 1e-6)
    #expect(differences.allSatisfy { abs($0) > 0.01 })
    // What is divided by counts as a constant in relevance: the numerator's share alone, which is the logit without biases.
    let relevance = try values(LRP(RelevanceRules(.epsilon)), model, of: 1).floats()
    #expect(relevance.allSatisfy(\.isFinite) && relevance.contains { abs($0) > 1e-4 })
    // Of nothing there is no direction, and nothing to hand back.
    let zero = Contrast(
      own: try Tensor(repeating: 0, shape: [1, 2]).variable(), reference: try Tensor(repeating: 0, shape: [1, 2]))
    let length = try zero.norm(over: [1], keepingAxes: false)
    let one = try Tensor(repeating: 1, shape: [1])
    #expect(try length.own.gradients(seed: one, of: [zero.own])[0]?.floats() == [0, 0])
  }

  @Test(
    "an image that is padded by an operator of its own has the relevance of one padded by the convolution",
    arguments: [RelevanceRules.Composite.epsilonGammaBox, .epsilonPlusFlat])
  func padded(composite: RelevanceRules.Composite) throws {
    func model(isPadded: Bool) throws -> GraphClassifier {
      var graph = Graph(channels: 3)
      if isPadded { graph.pad(before: 1, after: 1) }
      graph.convolution("conv", channels: 4, kernel: 3, padding: isPadded ? 0 : 1)
      graph.relu()
      graph.globalAveragePool()
      graph.linear("fc", channels: 2)
      return GraphClassifier(
        graph, height: 8, width: 8,
        parameters: [
          "conv.weight": try Formula.signed(1, [4, 3, 3, 3]), "conv.bias": try Formula.signed(2, [4]),
          "fc.weight": try Formula.signed(3, [2, 4]), "fc.bias": try Formula.signed(4, [2]),
        ])
    }
    let relevance = LRP(RelevanceRules(composite))
    let wanted = try values(relevance, model(isPadded: false), of: 1).floats()
    expectClose(try values(relevance, model(isPadded: true), of: 1).floats(), wanted, absolute: 1e-6)
    #expect(wanted.contains { abs($0) > 1e-3 })
  }

  @Test("a product in Einstein's notation has the rules of a matrix product")
  func einstein() throws {
    func model(_ product: (Graph.Value, inout Graph) -> Void) throws -> GraphClassifier {
      var graph = Graph(channels: 3)
      graph.convolution("conv", channels: 4, kernel: 4, stride: 4)
      graph.tokens()
      product(.result(Graph.Place(graph.last)), &graph)
      graph.tokenMean()
      graph.linear("fc", channels: 2, inputs: 4)
      #expect(graph.unruledOperator == nil)
      return GraphClassifier(
        graph, height: 8, width: 8,
        parameters: [
          "conv.weight": try Formula.signed(1, [4, 3, 4, 4]), "conv.bias": try Formula.signed(2, [4]),
          "fc.weight": try Formula.signed(3, [2, 4]), "fc.bias": try Formula.signed(4, [2]),
        ])
    }
    let einstein = try model { tokens, graph in
      let arguments: [(String, Graph.Value)] = [
        ("equation", .string("ntc,nsc->nts")), ("tensors", .tensors([tokens, tokens])),
      ]
      graph.append(Graph.Node("aten::einsum", "", arguments))
    }
    let matrices = try model { tokens, graph in
      let axes: [(String, Graph.Value)] = [("self", tokens), ("dim0", .int(1)), ("dim1", .int(2))]
      let other = graph.append(
        Graph.Node("aten::swapaxes", "", axes.map { ($0.0.replacing("dim", with: "axis"), $0.1) }))
      graph.append(Graph.Node("aten::matmul", "", [("self", tokens), ("other", .result(other))]))
    }
    for attribution in [DeepLIFT(baseline: baseline), LRP()] as [any Attribution] {
      let wanted = try values(attribution, matrices, of: 1).floats()
      #expect(wanted.contains { abs($0) > 1e-3 })
      expectClose(try values(attribution, einstein, of: 1).floats(), wanted, absolute: 1e-5, attribution.name)
    }
  }
}
