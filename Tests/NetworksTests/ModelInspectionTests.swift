import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Model files of every format are opened and described.
@Suite @TorchActor struct ModelInspectionTests {
  private static let sixteen = ScriptSettings(height: 16, width: 16)

  @Test(
    "archives of torch.export become graphs that answer as PyTorch does",
    arguments: ["cnn", "cnn-core", "attention", "attention-one", "attention-two", "windows", "windows-one", "weights"])
  func exported(name: String) throws {
    let expected = try SafeTensors(contentsOf: Fixture.url("exported/expected.safetensors")).tensors
    let opened = try ModelChoice.open(Fixture.url("exported/\(name).pt2").path, settings: Self.sixteen)
    #expect(opened.classifier is ImportedNetwork && opened.warnings == [])
    let answer = try opened.classifier.logits(try #require(expected["images"]))
    expectClose(try answer.doubles(), try #require(expected[name]).doubles(), absolute: 1e-5, name)
  }

  @Test("an exported network is described")
  func description() throws {
    let found = try ModelInspection(Fixture.url("exported/cnn.pt2").path, settings: Self.sixteen)
    #expect(found.format.hasPrefix("torch.export, by PyTorch 2.15."))
    #expect(found.classes == 5 && found.preprocessing.channels == 3 && found.warnings == [])
    // Two convolutions (162 and 162 + 6), four tensors of 6 of the normalisation, and a linear layer.
    #expect(found.parameters?.scalars == 162 + 168 + 24 + 35 && found.parameters?.tensors == 9)
    let counts = Dictionary(uniqueKeysWithValues: found.operators.map { ($0.name, $0.count) })
    #expect(counts["conv2d"] == 2 && counts["relu"] == 2 && counts["batch_norm"] == 1 && counts["linear"] == 1)
    #expect(found.hasActivation && found.unruledOperator == nil && found.obstacle == nil)
  }

  @Test("the operator that the rules do not reach through is named")
  func unruled() throws {
    let found = try ModelInspection(Fixture.url("exported/weights.pt2").path, settings: Self.sixteen)
    #expect(found.unruledOperator == "aten::amax")
    #expect(try ModelInspection("cifar10-resnet18").unruledOperator == nil)
  }

  @Test("why layers are not known is told in a line")
  func obstacle() throws {
    let eight = ScriptSettings(height: 8, width: 8)
    func inspection(_ name: String) throws -> ModelInspection {
      try ModelInspection(Fixture.url("torchscript/\(name).pt").path, settings: eight)
    }
    #expect(try inspection("batch-merged").obstacle == "takes one number of images alone")
    let found = try inspection("batch-four")
    #expect(found.obstacle == "cannot become a graph: shape '[4, 192]' is invalid for input of size 384")
    #expect(found.format == "TorchScript" && found.operators.isEmpty && found.parameters == nil)
  }

  @Test("weights that are no numbers are told")
  func notANumber() throws {
    let path = Fixture.url("exported/nan.pt2").path
    let error = try #require(throws: ModelChoiceError.self) { try ModelChoice.open(path, settings: Self.sixteen) }
    #expect(error.reason.contains("contain NaN or infinity"))
  }

  @Test(
    "a file that cannot be used is an error with its name", arguments: ["two-inputs", "custom", "bessel", "branch"])
  func refused(name: String) throws {
    let path = Fixture.url("exported/\(name).pt2").path
    let error = try #require(throws: ModelChoiceError.self) { try ModelChoice.open(path, settings: Self.sixteen) }
    #expect(error.model == path && !error.reason.isEmpty)
  }
}
