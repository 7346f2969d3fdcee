import Networks
import Tensors
import TestSupport
import Testing

@testable import Maps

@Suite @TorchActor struct RivalsTests {
  @Test("all are compared with, but for more than 50 classes that would take a pass each")
  func usual() throws {
    func classifier(_ classes: Int, endsInLinear: Bool = true) throws -> GraphClassifier {
      var graph = Graph(channels: 1)
      graph.globalAveragePool()
      graph.linear("fc", channels: classes)
      if !endsInLinear { graph.relu() }
      return GraphClassifier(graph, height: 4, width: 4, parameters: [:])
    }
    for count in [1, 2, 10, 50, 51, 1000] { #expect(try Rivals.usual(for: classifier(count)) == .all) }
    for count in [1, 2, 10, 50] { #expect(try Rivals.usual(for: classifier(count, endsInLinear: false)) == .all) }
    for count in [51, 1000] { #expect(try Rivals.usual(for: classifier(count, endsInLinear: false)) == .top(20)) }
  }

  @Test(
    "how many rivals a class has", arguments: [(Rivals.all, 10, 9), (.all, 1, 0), (.top(3), 10, 3), (.top(30), 10, 9)])
  nonisolated func count(rivals: Rivals, classes: Int, expected: Int) {
    #expect(rivals.count(classes: classes) == expected)
  }
}
