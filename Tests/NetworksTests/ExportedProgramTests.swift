import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Archives of torch.export (`Tests/Fixtures/exported`) answer as PyTorch does.
@Suite @TorchActor struct ExportedProgramTests {
  private static func url(_ name: String) -> URL { Fixture.url("exported/\(name).pt2") }

  @Test(
    "logits are PyTorch's, for the batch that the file was written for and for others",
    arguments: [
      "cnn", "cnn-core", "attention", "attention-one", "attention-two", "windows", "windows-one", "windows-one-core",
      "weights", "regions", "statistics", "float64", "bfloat16", "logits-and-map",
    ])
  func logits(name: String) throws {
    let expected = try SafeTensors(contentsOf: Fixture.url("exported/expected.safetensors")).tensors
    let (images, logits) = (try #require(expected["images"]), try #require(expected[name]))
    let network = try ExportedProgram(contentsOf: Self.url(name))
    // The file's numbers of 8 significant bits are answered in 24.
    let tolerance = name == "bfloat16" ? 0.02 : 1e-5
    for batch in [0..<3, 0..<2, 1..<2] {
      let answer = try Torch.withoutGradient { try network.answer(images[batch]) }
      #expect(answer.shape == [batch.count, 5] && answer.type == .float32)
      expectClose(try answer.doubles(), try logits[batch].doubles(), absolute: tolerance, "\(name) \(batch)")
    }
  }

  @Test("the images are left as they are, and the weights are those that the answer uses")
  func weights() throws {
    let network = try ExportedProgram(contentsOf: Self.url("cnn"))
    let images = try Formula.signed(1, [2, 3, 16, 16])
    let before = try images.floats()
    let trace = try Trace.of(images) { try network.answer($0) }
    #expect(try images.floats() == before)
    #expect(
      network.weights.keys.contains("bn1.running_mean") && network.weights["conv1.weight"]?.shape == [6, 3, 3, 3])
    let kernel = try #require(network.weights["conv1.weight"])
    #expect(trace.constants.contains { $0.identity == kernel.identity })
  }

  @Test("no gradient passes a part that runs without")
  func withoutGradient() throws {
    let network = try ExportedProgram(contentsOf: Self.url("regions"))
    let images = try Formula.tensor(2, [1, 3, 16, 16])
    let trace = try Trace.of(images) { try network.answer($0) }
    #expect(trace.calls.contains { $0.name == "aten::detach" })
  }

  @Test("a file says who wrote it and which images it takes")
  func description() throws {
    let network = try ExportedProgram(contentsOf: Self.url("attention-two"))
    #expect(network.description.hasPrefix("torch.export, by PyTorch 2.15."))
    #expect(network.inputShape == [2, 3, 16, 16])
    #expect(try ExportedProgram(contentsOf: Self.url("cnn")).inputShape == [nil, 3, 16, 16])
  }

  @Test(
    "what is no network of images is told",
    arguments: [
      ("two-inputs", "wants 2 inputs (x, y)"), ("two-outputs", "2 outputs"), ("bytes", "floating-point"),
      ("rows", "shape [?, 3], not that of a batch"), ("older", "PyTorch 2.6.0 in an older format"),
    ])
  func refused(name: String, words: String) throws {
    let error = try #require(throws: ExportedProgramError.self) { try ExportedProgram(contentsOf: Self.url(name)) }
    #expect(error.localizedDescription.contains(words), "\(error.localizedDescription)")
  }

  @Test("operators that cannot be are named when the network runs")
  func operators() throws {
    func failure(_ name: String) throws -> any Error {
      try #require(throws: (any Error).self) {
        try ExportedProgram(contentsOf: Self.url(name)).answer(Tensor(repeating: 0.5, shape: [2, 3, 16, 16]))
      }
    }
    let custom = try #require(try failure("custom") as? TorchError)
    #expect(custom.kind == .forbidden && custom.message.contains("fixtures::twist"))
    let bessel = try #require(try failure("bessel") as? TorchError)
    #expect(bessel.kind == .forbidden && bessel.message.contains("aten::special_bessel_j0"))
    let branch = try failure("branch")
    #expect(branch.localizedDescription.contains("torch.cond"), "\(branch.localizedDescription)")
  }

  @Test("a file is known by what is in it, a damaged one by its name")
  func recognized() throws {
    let folder = try TemporaryFolder()
    let other = folder.file("renamed.pt")
    try FileManager.default.copyItem(at: Self.url("cnn"), to: other)
    #expect(ExportedProgram.recognizes(other) && ExportedProgram.recognizes(Self.url("older")))
    let damaged = folder.file("cut.pt2")
    try Data(contentsOf: other).prefix(5000).write(to: damaged)
    #expect(ExportedProgram.recognizes(damaged))
    // As of a traced network of torchvision's.
    let script = folder.file("script.pt")
    try ZipFile([ZipFile.Entry("m/code/__torch__/torchvision/models/resnet.py", Data())]).data.write(to: script)
    #expect(!ExportedProgram.recognizes(script))
    #expect(!ExportedProgram.recognizes(Fixture.url("torchscript/cnn.pt")))
  }
}
