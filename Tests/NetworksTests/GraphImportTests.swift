import Tensors
import TestSupport
import Testing

@testable import Networks

/// Networks that cannot become graphs say why.
@Suite @TorchActor struct GraphImportTests {
  private func expectObstacle(at name: String, _ answer: (Tensor) throws -> Tensor) throws {
    let batches = try [2, 3].map { try Formula.tensor(1, [$0, 1, 4, 4]) }
    let obstacle = GraphImport.Obstacle(
      reason: "does other things for another number of images, or at random, at \(name)")
    #expect(throws: obstacle) { try GraphImport(batches, weights: [:], answer) }
  }

  @Test("the operator that does otherwise for another number of images is named")
  func differingOperators() throws {
    try expectObstacle(at: "aten::relu") { try $0.shape[0] == 2 ? $0.relu() : $0.absolute() }
    try expectObstacle(at: "aten::mul") { try $0.relu() * Double($0.shape[0]) }
    // One that the shorter of the two runs lacks, be it the first or the second.
    try expectObstacle(at: "aten::relu") { try $0.shape[0] == 2 ? $0 * 2 : ($0 * 2).relu() }
    try expectObstacle(at: "aten::relu") { try $0.shape[0] == 3 ? $0 * 2 : ($0 * 2).relu() }
  }
}
