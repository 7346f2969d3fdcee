import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// ONNX files that are not what they should be: one line that names the file, whatever they claim.
@Suite(.slow) @TorchActor struct ONNXDamageTests {
  private typealias File = ONNXFile

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @discardableResult private func open(_ file: Data) throws -> any Classifier {
    let url = folder.file("model.onnx")
    try file.write(to: url)
    return try ModelChoice.open(url.path).classifier
  }

  private func expect(_ file: Data, _ words: String) throws {
    let error = try #require(throws: ModelChoiceError.self) { try open(file) }
    #expect(error.model == folder.file("model.onnx").path)
    #expect(error.reason.contains(words) && !error.reason.contains("\n"), "\(error.reason)")
    #expect(error.reason.count < 600, "\(error.reason)")
  }

  @Test("what the changes below are made to is a good file") func good() throws {
    let network = try #require(try open(File.network()) as? ImportedNetwork)
    #expect(network.graph.featureCount == 3 && network.warnings.isEmpty && network.preprocessing.height == 8)
  }

  // MARK: Form

  @Test("files that are cut off, anywhere") func truncated() throws {
    let whole = File.network()
    for length in 0..<whole.count {
      let url = folder.file("model.onnx")
      try whole.prefix(length).write(to: url)
      #expect(throws: ONNXError.self, "\(length)") { try ONNXNetwork(contentsOf: url, device: .cpu) }
    }
  }

  nonisolated private static let node = File.node("Relu", ["i"], ["x"])

  nonisolated private static let forms: [(file: Data, words: String)] = [
    (Data(), "no graph"), (Data("not a model at all".utf8), "damaged"),
    (Data([0x08, 8, 0x3A, 0xFF]), "behind its end"),
    (Data([0x08, 8, 0x3A] + [UInt8](repeating: 0xFF, count: 9) + [1]), "behind its end"),
    (Data([0x08] + [UInt8](repeating: 0xFF, count: 12)), "more than ten bytes"), (Data([0x08, 8, 0x3B]), "kind 3"),
    (Data([0x08, 8, 0, 0]), "without a number"), (File.field(1, 8) + File.field(7, 3), "wrong kind"),
    (File.network() + File.field(7, File.graph([])), "several graphs"),
    (File.model(File.graph([])), "no input"),
    (File.network(before: [File.field(1, 3)]), "wrong kind"),
    (
      File.network(before: [File.node("Relu", ["i"], ["x"], [File.attribute("a", 1), File.attribute("a", 1)])]), "twice"
    ),
    (File.network(opset: 6), "opset 6, and 7 to 23"), (File.network(opset: 24), "opset 24, and 7 to 23"),
    (File.network(opset: .max), "7 to 23"), (File.network(opset: -1), "7 to 23"),
    (
      File.network(before: [File.node("Twist\u{1B}[31m\n", ["i"], ["x"])]),
      "the operator Twist\u{FFFD}[31m  of ONNX"
    ),
    (File.network(before: [File.node("Loop", ["i"], ["x"])]), "the operator Loop of ONNX's opset 18"),
    (File.network(before: [File.node("NMS", ["i"], ["x"], domain: "own")]), "the operator NMS of “own”, version 1"),
    (File.network(before: [File.node("Relu", ["i"], ["x"], domain: "com.microsoft")]), "Relu of “com.microsoft”"),
    (File.network(before: [File.node(String(repeating: "a", count: 1 << 20), ["i"], ["x"])]), "aaa…"),
    (File.network(before: [File.node("Relu", ["x"], ["x"])]), "before it is computed, as in a circle"),
    (File.network(before: [File.node("Add", ["i", "z"], ["x"]), File.node("Relu", ["x"], ["z"])]), "as in a circle"),
    (File.network(before: [node, node]), "“x” is computed twice"),
    (File.network(before: [File.node("Relu", ["nothing"], ["x"])]), "“nothing”, which nothing computes"),
    (File.network([]), "its output is “y”, which nothing computes"),
    (File.network(before: [File.node("Relu", [], ["x"])]), "lacks its input 1"),
    (File.network(before: [File.node("Relu", ["i"], ["", "x"])]), "uses the output “x”"),
    (File.network(before: [File.node("Split", ["i"], ["x", "z"], [File.attribute("axis", text: "0")])]), "wrong kind"),
    (File.network(inputs: [File.images, File.value("z", [nil, 3])]), "wants 2 inputs (x, z)"),
    (File.network(inputs: [File.value("x", [nil, 3])]), "has 2 axes"),
    (File.network(inputs: [File.value("x", [nil, 3, 8, 8, 8])]), "has 5 axes"),
    (File.network(inputs: [File.value("x", [nil, 3, 8, 8], type: 2)]), "no tensor of floating-point numbers"),
    (File.network(inputs: [File.field(1, "x")]), "no tensor of floating-point numbers"),
    (File.network(inputs: [File.value("x", [nil, 7, 8, 8])]), "[?, 7, 8, 8]"),
    (File.network(inputs: [File.value("x", [nil, 3, 1 << 40, 8])]), "[?, 3, 1099511627776, 8]"),
    (File.network(inputs: [File.value("x", [nil, 3, 2049, 8])]), "channels"),
    (File.network(inputs: [File.value("x", [.max, 3, .max, .max])]), "[9223372036854775807, 3"),
    (File.network(inputs: [File.value("x", [1 << 20, 3, 8, 8])]), "[1048576, 3, 8, 8]"),
  ]

  @Test("what a file claims is not believed", arguments: forms.indices)
  func form(index: Int) throws { try expect(Self.forms[index].file, Self.forms[index].words) }

  @Test("lengths that are zero or negative are open ones") func lengths() throws {
    let network = try open(File.network(inputs: [File.value("x", [0, 3, -5, 0])]))
    #expect(network.preprocessing.height == 224)
  }

  @Test("millions of empty entries are refused before they fill the memory") func empty() throws {
    let nodes = Data([0x0A, 0]) + Data(repeating: 0, count: 0)
    try expect(File.model(Data((0..<2_100_000).flatMap { _ in nodes })), "more entries than any network")
  }

  // MARK: Parts within parts

  @Test("graphs that nest too deeply") func nestedGraphs() throws {
    var graph = File.graph([Self.node], outputs: [File.value("x", [])])
    for _ in 0..<2000 {
      graph = File.graph([File.node("If", ["c"], ["x"], [File.attribute("then_branch", graph: graph)])])
    }
    try expect(File.model(graph), "nest more than 16 deep")
  }

  @Test("a branch that pixels choose, or that is not there") func branches() throws {
    let branch = File.attribute("then_branch", graph: File.graph([Self.node], outputs: [File.value("x", [])]))
    let sum = File.node("ReduceSum", ["i"], ["s"], [File.attribute("keepdims", 0)])
    try expect(File.network(before: [sum, File.node("If", ["s"], ["x"], [branch])]), "by the values of pixels")
    let zero = File.node("Size", ["i"], ["s"])
    try expect(
      File.network(before: [zero, File.node("If", ["s"], ["x"], [File.attribute("other", graph: Data())])]),
      "has no then_branch")
  }

  @Test("functions that call themselves, or one another too often") func functions() throws {
    func function(_ name: String, _ calls: [Data]) -> Data { File.function(name, domain: "own", ["a"], ["b"], calls) }
    func call(_ name: String, _ input: String = "a", _ output: String = "b") -> Data {
      File.node(name, [input], [output], domain: "own")
    }
    let before = [call("F", "i", "x")]
    try expect(
      File.network(before: before, functions: [function("F", [call("F")])]), "call one another more than 32 deep")
    try expect(
      File.network(before: before, functions: [function("F", [call("G")]), function("G", [call("F")])]), "32 deep")
    // 2³⁰ calls without a single operator, and as many operators.
    for last in [[], [File.node("Relu", ["a"], ["b"])]] {
      let chain = (0..<30).map { level in
        function(level == 0 ? "F" : "F\(level)", [call("F\(level + 1)"), call("F\(level + 1)", "a", "c")])
      }
      try expect(File.network(before: before, functions: chain + [function("F30", last)]), "more than 200000 operators")
    }
    // Each call would copy a name of a megabyte.
    let long = String(repeating: "n", count: 1 << 20)
    let copies = (0..<20_000).map { call("F", "i", "c\($0)") } + [call("F", "i", "x")]
    let body = [File.node("Relu", ["a"], [long]), File.node("Relu", [long], ["b"])]
    _ = try open(File.network(before: copies, functions: [function("F", body)]))
  }

  @Test("an operator of a function reads what the function is given alone") func scope() throws {
    let function = File.function("F", domain: "own", ["a"], ["b"], [File.node("Add", ["a", "w"], ["b"])])
    try expect(
      File.network(before: [File.node("F", ["i"], ["x"], domain: "own")], functions: [function]),
      "which nothing computes")
  }

  // MARK: Weights

  nonisolated private static let bias = File.weights[1]

  /// What stands for the weight w.
  nonisolated private static let constants: [(tensor: Data, words: String)] = [
    (File.tensor("w", [5, 3], raw: Data(count: 59)), "takes 60 bytes, but has 59"),
    (File.tensor("w", [5, 3], raw: Data()), "but has 0"),
    (File.tensor("w", [2_500_000_000], raw: Data(count: 60)), "takes 10000000000 bytes"),
    (File.tensor("w", [1 << 62, 4], raw: Data(count: 60)), "impossible shape"),
    (File.tensor("w", [.max, .max], raw: Data(count: 60)), "impossible shape"),
    (File.tensor("w", [0, 1 << 62, 1 << 62], raw: Data()), "impossible shape"),
    (File.tensor("w", [1 << 62, 1 << 62, 0], raw: Data()), "impossible shape"),
    (File.tensor("w", [-5, -3], raw: Data(count: 60)), "impossible shape [-5, -3]"),
    (File.tensor("w", Array(repeating: 1, count: 100_000), raw: Data(count: 4)), "impossible shape"),
    (File.tensor("w", [5, 3], type: 8, raw: Data(count: 60)), "of the type 8"),
    (File.tensor("w", [5, 3], type: 99, raw: Data(count: 60)), "of the type 99"),
    (File.tensor("v", [5, 3], raw: Data(count: 60)), "“w”, which nothing computes"),
    (File.tensor("w", [5, 4], raw: Data(count: 80)), "the model"),
    (File.tensor("w", [0, 3], raw: Data()), "the model"),
    (File.tensor("w", [15], raw: Data(count: 60)), "no matrices"),
    (File.tensor("w", Array(repeating: .nan, count: 15), [5, 3]), "NaN"),
    (File.external("w", [5, 3], []), "lie in “”, but that is no path below"),
    (File.external("w", [5, 3], [("location", "gone.bin")]), "“gone.bin”, but there is no such file beside the model"),
    (File.external("w", [5, 3], [("location", "../weights")]), "no path below"),
    (File.external("w", [5, 3], [("location", "a/../../weights")]), "no path below"),
    (File.external("w", [5, 3], [("location", "/etc/passwd")]), "no path below"),
    (File.external("w", [5, 3], [("location", "w\u{0}")]), "no path below"),
    (File.external("w", [5, 3], [("location", ".")]), "that is no file"),
    (File.external("w", [5, 3], [("location", "link")]), "a link to outside"),
    (File.external("w", [5, 3], [("location", "linked/weights")]), "a link to outside"),
    (File.external("w", [5, 3], [("location", "short")]), "the file has 59 bytes"),
    (File.external("w", [5, 3], [("location", "weights"), ("offset", "8")]), "would be the 60 from 8 on"),
    (File.external("w", [5, 3], [("location", "weights"), ("offset", "\(Int.max)")]), "from 9223372036854775807 on"),
    (File.external("w", [5, 3], [("location", "weights"), ("offset", "99999999999999999999")]), "is no number"),
    (File.external("w", [5, 3], [("location", "weights"), ("offset", "-8")]), "is no number"),
    (File.external("w", [5, 3], [("location", "weights"), ("length", "61")]), "not the 61"),
    (File.external("w", [5, 3], [("location", "weights"), ("length", "\(Int.max)")]), "takes 60 bytes, not"),
    (File.external("w", [2_500_000_000], [("location", "weights")]), "would be the 10000000000"),
  ]

  @Test("weights are where they are said to be", arguments: constants.indices)
  func weights(index: Int) throws {
    let outside = try TemporaryFolder()
    for (place, count) in [(folder, 60), (outside, 60)] { try Data(count: count).write(to: place.file("weights")) }
    try Data(count: 59).write(to: folder.file("short"))
    let files = FileManager.default
    try files.createSymbolicLink(at: folder.file("link"), withDestinationURL: outside.file("weights"))
    try files.createSymbolicLink(at: folder.file("linked"), withDestinationURL: outside.url)
    let (tensor, words) = Self.constants[index]
    try expect(File.network(File.mean + [File.linear], [tensor, Self.bias]), words)
  }

  @Test("weights beside the file are read; what shares them is bounded") func external() throws {
    try Data(count: 60).write(to: folder.file("weights"))
    func weight(_ name: String) -> Data { File.external(name, [5, 3], [("location", "weights"), ("offset", "0")]) }
    try open(File.network(File.mean + [File.linear], [weight("w"), Self.bias]))
    let sums = (0..<5).map { File.node("Add", [$0 == 0 ? "w" : "s\($0 - 1)", "w\($0)"], ["s\($0)"]) }
    let linear = File.node("Gemm", ["f", "s4", "b"], ["y"], [File.attribute("transB", 1)])
    let shared = ["w"] + (0..<5).map { "w\($0)" }
    try expect(File.network(sums + File.mean + [linear], shared.map(weight) + [Self.bias]), "share bytes")
  }

  @Test("two constants of one name") func twice() throws {
    try expect(File.network(File.mean + [File.linear], File.weights + [Self.bias]), "two constants “b”")
  }
}
