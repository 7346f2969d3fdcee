import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Every operator does what ONNX's own implementations do (`Tests/Fixtures/onnx/operators.safetensors`).
@Suite @TorchActor struct ONNXOperatorTests {
  private let fixture: SafeTensors
  private let folder: TemporaryFolder

  init() throws {
    fixture = try SafeTensors(contentsOf: Fixture.url("onnx/operators.safetensors"))
    folder = try TemporaryFolder()
  }

  private func file(_ name: String) throws -> Data { Data(try #require(fixture.tensors["model/\(name)"]).bytes()) }

  @Test("all cases") func all() throws {
    #expect(fixture.metadata.count > 400)
    for (name, input) in fixture.metadata.sorted(by: { $0.key < $1.key }) {
      let expected = try #require(fixture.tensors["output/\(name)"])
      let url = folder.file("model.onnx")
      try file(name).write(to: url)
      do {
        let network = try ONNXNetwork(contentsOf: url, device: .cpu)
        let answer = try Torch.withoutGradient { try network.answer(#require(fixture.tensors["input/\(input)"])) }
        #expect(answer.shape == expected.shape, "\(name)")
        expectClose(try answer.doubles(), try expected.doubles(), relative: 1e-5, absolute: 2e-6, name)
      } catch { Issue.record("\(name): \(error.localizedDescription)") }
    }
  }

  @Test("no operator is without a case") func coverage() throws {
    var tried: Set<String> = []
    for name in fixture.metadata.keys { tried.formUnion(try ONNXModel(file(name)).graph.nodes.map(\.type)) }
    #expect(Set(ONNXOperators.all.keys).subtracting(tried).sorted() == [])
  }
}
