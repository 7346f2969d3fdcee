import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

@Suite @TorchActor struct ModelChoiceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A safetensors file of a built-in network for images of 16×16.
  private func network(_ name: String = "net.safetensors") throws -> URL {
    let url = folder.file(name)
    try formulaNetwork(.basicCNN, channels: 3, classes: 4, height: 16, width: 16).write(to: url)
    return url
  }

  private func failure(_ url: URL, _ settings: ScriptSettings = ScriptSettings()) -> String? {
    let error = #expect(throws: (any Error).self) { try ModelChoice.open(url.path, settings: settings) }
    let message = error?.localizedDescription
    #expect(message?.contains("\n") == false)
    #expect(message?.contains(url.lastPathComponent) == true)
    return message
  }

  @Test("a network's file says everything of itself", arguments: ["net.safetensors", "without-extension", "net.pt"])
  func safetensors(name: String) throws {
    let opened = try ModelChoice.open(network(name).path)
    #expect(opened.name == name && opened.warnings == [])
    #expect(opened.classifier.labels == LabelSet(unnamed: 4))
    #expect(opened.classifier.preprocessing == Preprocessing(height: 16, width: 16))
    let images = try Formula.tensor(5, [2, 3, 16, 16])
    let expected = try formulaNetwork(.basicCNN, channels: 3, classes: 4, height: 16, width: 16).logits(images)
    expectClose(try opened.classifier.logits(images).floats(), try expected.floats(), relative: 1e-5, absolute: 1e-6)
  }

  @Test("what the user says goes before what the file says")
  func settings() throws {
    let settings = ScriptSettings(
      labels: ["a", "b", "c", "d"], height: 20, width: 24, fit: .crop, mean: [0.1, 0.2, 0.3], standardDeviation: [0.5])
    let classifier = try ModelChoice.open(network().path, settings: settings).classifier
    #expect(classifier.labels.names == ["a", "b", "c", "d"])
    #expect(
      classifier.preprocessing
        == Preprocessing(
          height: 20, width: 24, fit: .crop, mean: [0.1, 0.2, 0.3], standardDeviation: [0.5, 0.5, 0.5]))
    let images = try Formula.tensor(5, [1, 3, 20, 24])
    let network = try formulaNetwork(.basicCNN, channels: 3, classes: 4, height: 20, width: 24)
    let expected = try network.logits(classifier.preprocessing.normalized(images))
    expectClose(try classifier.logits(images).floats(), try expected.floats(), relative: 1e-5, absolute: 1e-6)
  }

  @Test("settings that do not fit the network are refused")
  func wrongSettings() throws {
    let url = try network()
    #expect(failure(url, ScriptSettings(labels: ["a"]))?.contains("1 labels") == true)
    #expect(failure(url, ScriptSettings(mean: [1, 2]))?.contains("mean has 2 numbers") == true)
    #expect(failure(url, ScriptSettings(standardDeviation: [0]))?.contains("std must be above zero") == true)
  }

  @Test("TorchScript files are opened, with their warnings")
  func script() throws {
    let url = Fixture.url("torchscript/softmax.pt")
    let opened = try ModelChoice.open(url.path, settings: ScriptSettings(height: 8, width: 8))
    #expect(opened.classifier is ImportedNetwork && opened.name == "softmax.pt")
    #expect(opened.warnings == [.activation(.softmax)])
  }

  @Test("what is no model says so, and how to make one")
  func notAModel() throws {
    let url = folder.file("notes.txt")
    for content in ["", "x", "These are notes, and no model at all."] {
      try Data(content.utf8).write(to: url)
      #expect(failure(url)?.contains("torch.export.save") == true, "\(content)")
    }
  }

  @Test("neither a file nor a bundled model")
  func missing() throws {
    #expect(failure(folder.file("absent.pt"))?.contains("no file and no bundled model") == true)
    #expect(failure(folder.url)?.contains("is a folder") == true)
  }

  @Test("a file cut anywhere is damaged")
  func truncated() throws {
    let whole = try Data(contentsOf: network())
    let url = folder.file("cut.safetensors")
    for count in [0, 7, 8, 100, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: url)
      #expect(failure(url)?.contains("damaged") == true, "\(count) bytes")
    }
  }

  @Test(
    "a header that lies about places, types, shapes or its own length is found out before anything is read there",
    arguments: [
      #"{"fc.bias":{"dtype":"F32","shape":[4],"data_offsets":[0,16000000]}}"#,
      #"{"fc.bias":{"dtype":"F32","shape":[4],"data_offsets":[-16,0]}}"#,
      #"{"fc.bias":{"dtype":"F32","shape":[4],"data_offsets":[9223372036854775000,9223372036854775016]}}"#,
      #"{"fc.bias":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,16]}}"#,
      #"{"fc.bias":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}}"#,
      #"{"fc.bias":{"dtype":"X9","shape":[4],"data_offsets":[0,16]}}"#,
      #"{"fc.bias":{"dtype":"F32","shape":[4],"data_offsets":[0]}}"#,
      #"{"fc.bias":[]}"#, "{", "[]", "{}",
    ])
  func lyingHeader(header: String) throws {
    let url = folder.file("lies.safetensors")
    var file = Data([UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0])
    file += Data(header.utf8) + Data(repeating: 0, count: 16)
    try file.write(to: url)
    #expect(failure(url) != nil)
    file[7] = 0xFF
    try file.write(to: url)
    #expect(failure(url)?.contains("damaged") == true)
  }

  @Test(
    "a bundled model's name is enough", .enabled(if: !BundledModel.all.isEmpty), arguments: BundledModel.all.map(\.name)
  )
  func bundled(name: String) throws {
    let opened = try ModelChoice.open(name)
    #expect(opened.name == name && opened.classifier.labels.count == 10)
  }
}
