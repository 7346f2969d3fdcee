import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Weights alone become the built-in network that they belong to.
@Suite @TorchActor struct NetworkStateDictionaryTests {
  private let folder: TemporaryFolder
  private let network: Network

  init() throws {
    folder = try TemporaryFolder()
    network = try formulaNetwork(.basicCNN, channels: 1, classes: 3, height: 12, width: 12)
  }

  private func file(_ change: (inout [String: Tensor]) throws -> Void = { _ in }) throws -> URL {
    var tensors = network.parameters
    try change(&tensors)
    let url = folder.file("weights.pth")
    try StateDictionaryFile.data(tensors).write(to: url)
    return url
  }

  @Test("the network answers as the one that the weights come from")
  func answers() throws {
    let url = try file { tensors in
      tensors = Dictionary(uniqueKeysWithValues: tensors.map { ("module.\($0.key)", $0.value) })
      tensors["module.bn1.num_batches_tracked"] = try Tensor([7] as [Float], shape: [1])
    }
    let read = try Network(
      stateDictionary: url, settings: ScriptSettings(labels: ["a", "b", "c"], height: 12, width: 12))
    #expect(read.information.architecture == .basicCNN && read.labels.names == ["a", "b", "c"])
    #expect(read.preprocessing.channels == 1 && read.preprocessing.height == 12)
    let images = try Formula.tensor(3, [2, 1, 12, 12])
    #expect(try read.logits(images).floats() == network.logits(images).floats())
  }

  @Test("a file is opened as a model, and what it does not say is told")
  func opened() throws {
    let opened = try ModelChoice.open(file().path)
    #expect(opened.classifier is Network && opened.classifier.preprocessing.height == 224)
    #expect(opened.warnings == [.assumedSize(224)])
    let settings = ScriptSettings(height: 12, width: 12)
    #expect(try ModelChoice.open(file().path, settings: settings).warnings == [])
  }

  @Test("what does not fit is told")
  func misfits() throws {
    func error(_ change: (inout [String: Tensor]) throws -> Void) throws -> ModelFileError {
      try #require(throws: ModelFileError.self) { try Network(stateDictionary: file(change)) }
    }
    #expect(try error { $0["fc.bias"] = nil } == .missingParameter("fc.bias"))
    #expect(try error { $0["fc.weight"] = nil } == .missingParameter("fc.weight"))
    #expect(try error { $0["fc.more"] = $0["fc.bias"] } == .unknownParameter("fc.more"))
    #expect(
      try error { $0["conv1.bias"] = $0["fc.bias"] } == .wrongShape("conv1.bias", expected: [32], found: [3]))
    #expect(try error { $0 = ["a": try #require($0["fc.bias"])] } == .unknownNetwork(["a"]))
    let channels = try error { $0["conv1.weight"] = try Tensor(repeating: 0, shape: [32, 5, 7, 7]) }
    #expect(channels.localizedDescription.contains("takes 5 channels"))
    #expect(throws: ScriptError.labelCount(2, classes: 3, singleOutput: false)) {
      try Network(stateDictionary: file(), settings: ScriptSettings(labels: ["a", "b"]))
    }
  }
}
