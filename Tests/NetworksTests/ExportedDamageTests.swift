import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Archives of torch.export that are not what they should be: an error, whatever they claim.
@Suite @TorchActor struct ExportedDamageTests {
  nonisolated private static let original = try! Data(contentsOf: Fixture.url("exported/cnn.pt2"))
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ file: Data) throws -> ExportedProgram {
    let url = folder.file("model.pt2")
    try file.write(to: url)
    return try ExportedProgram(contentsOf: url)
  }

  /// The archive with a text replaced in one of its parts; without that part where there is no new text.
  nonisolated private static func changed(_ part: String, _ old: String, _ new: String?) throws -> Data {
    let zip = try StoredZip(original)
    let entries = zip.names.sorted().compactMap { name -> ZipFile.Entry? in
      let content = zip[name] ?? Data()
      guard name.hasSuffix(part) else { return ZipFile.Entry(name, content) }
      guard let new else { return nil }
      let text = String(decoding: content, as: UTF8.self)
      #expect(old.isEmpty || text.contains(old), "\(part) lacks \(old)")
      return ZipFile.Entry(name, Data((old.isEmpty ? new : text.replacing(old, with: new)).utf8))
    }
    return ZipFile(entries).data
  }

  nonisolated private static let model = "model.json"
  nonisolated private static let weights = "model_weights_config.json"
  nonisolated private static let bias = #""sizes": [{"as_int": 5}]"#

  /// The part, what is replaced in it by what, and what the error says.
  nonisolated private static let changes: [(part: String, old: String, new: String?, words: String)] = [
    (model, "", nil, "no network"), (weights, "", nil, "has no “data/weights/model_weights_config.json”"),
    ("weight_0", "", nil, "weight_0”, which is not there"), ("weight_0", "", "123", "a part of an element"),
    ("weight_0", "", "1234", "reaches beyond their 4 bytes"),
    (model, "", "[", "model.json is not what torch.export writes"),
    (model, "", String(repeating: "[", count: 100_000), "model.json is not what"),
    (model, "", #"{"a":"# + String(repeating: "[", count: 100_000), "model.json is not what"),
    (model, #""major": 8"#, #""major": 9"#, "PyTorch 2.15.0+cu132 in version 9.20"),
    (model, #""tensor_values""#, #""tensors""#, "(“tensorValues” is missing)"),
    (model, #""parameter_name": "fc.bias""#, #""parameter_name": "fc.sneer""#, "“fc.sneer” are missing"),
    (model, #""parameter": {"arg": {"name": "p_fc_bias"}"#, #""token": {"arg": {"name": "p_fc_bias"}"#, "kind “token”"),
    (weights, bias, #""sizes": [{"as_int": 4}]"#, "“fc.bias” have the shape [4] where the architecture needs [5]"),
    (weights, bias, #""sizes": [{"as_int": 6}]"#, "“fc.bias” have the shape [6], which reaches beyond"),
    (weights, bias, #""sizes": [{"as_int": -5}]"#, "have the shape [-5], which"),
    (weights, bias, #""sizes": [{"as_int": 9223372036854775807}]"#, "reaches beyond"),
    (weights, bias, #""sizes": [{"as_expr": {"expr_str": "s0"}}]"#, "have no fixed shape"),
    (weights, #"{"as_int": 5}, {"as_int": 6}"#, #"{"as_int": 4000000000}, {"as_int": 4000000000}"#, "reaches beyond"),
    (
      weights,
      #""sizes": [{"as_int": 5}], "requires_grad": true, "device": {"type": "cpu", "index": null}, "strides": [{"as_int": 1}]"#,
      #""sizes": [{"as_int": 2500000000}], "requires_grad": true, "device": {"type": "cpu", "index": null}, "strides": [{"as_int": 0}]"#,
      "more bytes than the file"
    ),
    (weights, #""storage_offset": {"as_int": 0}"#, #""storage_offset": {"as_int": -1}"#, "reaches beyond"),
    (
      weights, #""storage_offset": {"as_int": 0}"#, #""storage_offset": {"as_int": 9223372036854775807}"#,
      "reaches beyond"
    ),
    (weights, #""dtype": 7"#, #""dtype": 99"#, "element type 99"),
    (weights, #""use_pickle": false"#, #""use_pickle": true"#, "an object of Python's"),
    (weights, #""path_name": "weight_"#, #""path_name": "../../weight_"#, "which is not there"),
  ]

  @Test("what an archive says of itself is not believed", arguments: changes.indices)
  func lies(index: Int) throws {
    let change = Self.changes[index]
    let error = try #require(throws: (any Error).self) { try open(Self.changed(change.part, change.old, change.new)) }
    #expect(error.localizedDescription.contains(change.words), "\(error.localizedDescription)")
  }

  /// Of the graph, found when it runs.
  nonisolated private static let graphs: [(old: String, new: String, words: String)] = [
    ("torch.ops.aten.relu_.default", "torch.ops.aten.from_file.default", "aten::from_file"),
    ("torch.ops.aten.relu_.default", "torch.ops.aten.relu_.strange", "no operator aten::relu_"),
    ("torch.ops.aten.relu_.default", "os.system", "“os.system” on 1 values"),
    ("torch.ops.aten.relu_.default", "torch.ops.higher_order.while_loop", "torch.while_loop"),
    // A value that comes of itself.
    (
      #""inputs": [{"name": "input", "arg": {"as_tensor": {"name": "x"}}"#,
      #""inputs": [{"name": "input", "arg": {"as_tensor": {"name": "linear"}}"#, "“linear” is used before it is made"
    ),
    (#"{"as_tensor": {"name": "p_fc_weight"}}, "kind""#, #"{"as_int": 3}, "kind""#, "linear"),
    (
      #""outputs": [{"as_tensor": {"name": "linear"}}], "metadata""#,
      #""outputs": [{"as_tensor": {"name": "linear"}}, {"as_tensor": {"name": "more"}}], "metadata""#, "no tensor"
    ),
    (
      #""outputs": [{"as_tensor": {"name": "linear"}}], "metadata""#, #""outputs": [], "metadata""#,
      "does not make its own output"
    ),
  ]

  @Test("a graph that cannot be is an error when it runs", arguments: graphs.indices)
  func impossible(index: Int) throws {
    let change = Self.graphs[index]
    let network = try open(Self.changed(Self.model, change.old, change.new))
    let error = try #require(throws: (any Error).self) {
      try network.answer(Tensor(repeating: 0.5, shape: [2, 3, 16, 16]))
    }
    #expect("\(error.localizedDescription)\(error)".contains(change.words), "\(error.localizedDescription)")
  }

  @Test("truncated files are damage")
  func truncated() throws {
    for length in stride(from: 0, to: Self.original.count, by: 463) {
      #expect(throws: ModelFileError.self) { try open(Self.original.prefix(length)) }
    }
  }

  @Test("a file with a wrong byte opens or is an error")
  func mutations() throws {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<150 {
      var file = Self.original
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        file[Int.random(in: 0..<file.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? open(file).answer(Tensor(repeating: 0.5, shape: [2, 3, 16, 16]))
    }
  }
}
