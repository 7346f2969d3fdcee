import Networks
import Tensors
import TestSupport
import Testing

/// Without gradients results are overwritten where nothing reads them again.
@Suite @TorchActor struct InterpreterTests {
  @Test(arguments: [Architecture.basicCNN, .resNet18], [false, true])
  func logitsAreTheSameWithAndWithoutGradients(_ architecture: Architecture, folded: Bool) throws {
    var network = try formulaNetwork(architecture, channels: 3, classes: 6, height: 40, width: 32)
    if folded { network = try network.folded() }
    let images = try Formula.tensor(1000, [2, 3, 40, 32])
    let pixels = try images.floats()
    let recorded = try network.logits(images.variable()).floats()
    let plain = try Torch.withoutGradient { try network.logits(images).floats() }
    #expect(plain == recorded)
    #expect(try images.floats() == pixels)
  }

  @Test func theImagesAndWhatIsReadAgainStay() throws {
    var graph = Graph(channels: 1)
    let positive = graph.relu()  // max(x, 0), of the image itself
    let pooled = graph.maxPool(kernel: 1, stride: 1, padding: 0)
    let twice = graph.add(pooled, positive)  // 2 max(x, 0), while `positive` is still needed
    graph.add(positive, twice)
    let images = try Tensor([-1, 2, -3, 4] as [Float], shape: [1, 1, 2, 2])
    let result = try Torch.withoutGradient { try Interpreter(graph: graph, parameters: [:]).run(images) }
    #expect(try result.floats() == [0, 6, 0, 12])
    #expect(try images.floats() == [-1, 2, -3, 4])
  }
}
