import Files
import Foundation
import Tensors

/// A network in an ONNX file: opsets 7 to 23, one input, weights in it or in files beside it.
///
/// Numbers of 16 bits become float32. What does not depend on the images is computed once. What no operator of libtorch does, or what
/// only training needs, is refused when the file is opened. See SECURITY.md for what a file can and cannot do.
final class ONNXNetwork: FileNetwork {
  nonisolated let description: String
  nonisolated let inputShape: [Int?]
  private let nodes: [ONNXNode]
  private let input: ONNXValueInfo
  private let output: String
  private let constants: [String: ONNXValue]
  private let files: ONNXWeightFiles
  private let device: Device
  private let batch: ONNXBatch
  /// Several threads may ask at once (``TorchActor/concurrently(_:threads:_:)``), but a run keeps what the next one needs.
  private let lock = NSLock()
  /// The values that are needed no more after a node, by its place.
  private let lastUses: [[String]]

  private static let opsets = 7...23

  /// Whether a file might be ONNX: a message that begins with the version of the format, a small number, or with a longer field.
  nonisolated static func recognizes(_ url: URL) -> Bool {
    guard let handle = try? FileHandle(forReadingFrom: url), let start = try? handle.read(upToCount: 3),
      start.count == 3
    else { return false }
    return start[0] == 0x08 && (1...100).contains(start[1])
      && [0x10, 0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42].contains(start[2])
  }

  /// Opens a file.
  ///
  /// - Throws: ``ONNXError``; `TorchError` when memory runs out; Foundation's error when the file cannot be read.
  init(contentsOf url: URL, device: Device) throws {
    let model = try ONNXModel(Data(contentsOf: url, options: .alwaysMapped))
    let version = model.opsets[""] ?? 0
    guard Self.opsets.contains(version) else {
      throw ONNXError.version("ONNX's opset", found: version, known: Self.opsets)
    }
    let producer = model.producer.isEmpty ? "" : ", by \(model.producer)"
    description = "ONNX, opset \(version)\(producer)"
    let graph = model.graph
    input = try Self.input(of: graph)
    inputShape = input.shape ?? [nil, nil, nil, nil]
    output = try Self.output(of: graph)
    nodes = try ONNXInlining(model).nodes(of: graph, for: output)
    try Self.check(nodes, graph, output: output)
    lastUses = Self.lastUses(in: nodes, but: output)
    files = ONNXWeightFiles(beside: url)
    self.device = device
    batch = ONNXBatch(written: inputShape[0])
    constants = try Self.constants(of: graph, used: Set(nodes.flatMap(\.captured) + [output]), files, device)
  }

  private static func input(of graph: ONNXGraph) throws -> ONNXValueInfo {
    let constants = Set(graph.initializers.map(\.name))
    let inputs = graph.inputs.filter { !constants.contains($0.name) }
    guard inputs.count == 1, let input = inputs.first else { throw ONNXError.inputs(inputs.map(\.name.plain)) }
    guard let type = input.type, [1, 10, 11, 16].contains(type) else {
      throw ONNXError.input(input.name.plain, problem: "is no tensor of floating-point numbers")
    }
    if let shape = input.shape, shape.count != 4 {
      throw ONNXError.input(input.name.plain, problem: "has \(shape.count) axes")
    }
    return input
  }

  /// The only output, or the only one that can be logits.
  private static func output(of graph: ONNXGraph) throws -> String {
    if graph.outputs.count == 1 { return graph.outputs[0].name }
    let rows = graph.outputs.filter { $0.shape?.count == 2 }
    guard rows.count == 1 else { throw ONNXError.outputs(graph.outputs.map(\.name.plain)) }
    return rows[0].name
  }

  /// That every value is made once, before it is used, and every operator is known.
  private static func check(_ nodes: [ONNXNode], _ graph: ONNXGraph, output: String) throws {
    var made = Set(graph.initializers.map(\.name) + graph.inputs.map(\.name))
    let later = Set((nodes + graph.nodes).flatMap(\.outputs))
    func need(_ name: String, _ what: String) throws {
      guard !made.contains(name) else { return }
      throw ONNXError.damaged(
        later.contains(name)
          ? "\(what) “\(name.plain)” before it is computed, as in a circle"
          : "\(what) “\(name.plain)”, which nothing computes")
    }
    for node in nodes {
      try node.checkKnown()
      for name in node.captured { try need(name, "the operator \(node.title) uses") }
      for name in node.outputs where !name.isEmpty {
        guard made.insert(name).inserted else { throw ONNXError.damaged("“\(name.plain)” is computed twice") }
      }
    }
    try need(output, "its output is")
  }

  private static func lastUses(in nodes: [ONNXNode], but output: String) -> [[String]] {
    var seen: Set = [output]
    return nodes.reversed().map { node in node.captured.filter { seen.insert($0).inserted } }.reversed()
  }

  private static func constants(
    of graph: ONNXGraph, used: Set<String>, _ files: ONNXWeightFiles, _ device: Device
  ) throws -> [String: ONNXValue] {
    var constants: [String: ONNXValue] = [:]
    for constant in graph.initializers where used.contains(constant.name) {
      let tensor = try constant.tensor(files)
      guard constants.updateValue(ONNXValue(try tensor.placed(on: device), .file), forKey: constant.name) == nil else {
        throw ONNXError.damaged("it has two constants “\(constant.name.plain)”")
      }
    }
    return constants
  }

  var weights: [String: Tensor] {
    constants.compactMapValues { value in value.tensor.isFloatingPoint ? value.transposed ?? value.tensor : nil }
  }

  func answer(_ images: Tensor) throws -> Tensor {
    try lock.withLock {
      batch.count = images.shape[0]
      if let written = batch.written, batch.count != written, !batch.isRecorded {
        let blank = try Tensor(repeating: 0, shape: [written] + images.shape.dropFirst(), device: images.device)
        try batch.record { _ = try run(blank) }
      }
      return try run(images)
    }
  }

  private func run(_ images: Tensor) throws -> Tensor {
    let input = input.type == 11 ? try images.to(.float64) : images
    var scope = constants
    scope[self.input.name] = ONNXValue(input, .images)
    for (place, node) in nodes.enumerated() {
      try run(node, &scope)
      for name in lastUses[place] { scope[name] = nil }
    }
    guard let answer = scope[output] else { throw ONNXError.damaged("“\(output.plain)” is never computed") }
    return answer.tensor
  }

  private func run(_ node: ONNXNode, _ scope: inout [String: ONNXValue]) throws {
    let results = try node.results ?? results(of: node, scope)
    for (name, result) in zip(node.outputs, results) where !name.isEmpty { scope[name] = result }
    guard let missing = node.outputs.dropFirst(results.count).first(where: { !$0.isEmpty }) else { return }
    throw ONNXError.unsupported("uses the output “\(missing.plain)” of an operator \(node.title)")
  }

  private func results(of node: ONNXNode, _ scope: [String: ONNXValue]) throws -> [ONNXValue] {
    let inputs = try node.inputs.map { name -> ONNXValue? in
      if name.isEmpty { return nil }
      guard let value = scope[name] else { throw ONNXError.damaged("“\(name.plain)” is used before it is computed") }
      return value
    }
    let call = ONNXCall(node: node, inputs: inputs, files: files, device: device, batch: batch)
    if node.type == "If" { return try branch(call, scope) }
    guard let body = ONNXOperators.all[node.type] else { throw node.unknown }
    let origin = inputs.compactMap { $0?.origin }.max() ?? .file
    let isShape = node.type == "Shape" || node.type == "Size"
    let inner = node.type == "Reshape" ? nil : inputs.lazy.compactMap { $0?.inner }.first { $0 != 1 }
    let results = try body(call).map {
      ONNXValue($0, isShape ? min(origin, .shape) : origin, inner: inner ?? batch.inner(of: node))
    }
    if results.allSatisfy({ $0.origin == .file }) { node.results = results }
    return results
  }

  /// What one branch of an If gives; which one must not depend on the pixels.
  private func branch(_ call: ONNXCall, _ scope: [String: ONNXValue]) throws -> [ONNXValue] {
    let name = try call.value(0).integers() == [0] ? "else_branch" : "then_branch"
    guard case .graph(let graph)? = call.node.attributes[name] else {
      throw ONNXError.damaged("an operator \(call.title) has no \(name)")
    }
    var inner = scope
    for constant in graph.initializers {
      inner[constant.name] = ONNXValue(try constant.tensor(files).placed(on: device), .file)
    }
    for node in graph.nodes { try run(node, &inner) }
    return try graph.outputs.map { output in
      guard let value = inner[output.name] else { throw ONNXError.damaged("“\(output.name.plain)” is never computed") }
      return value
    }
  }
}

extension Tensor {
  var isFloatingPoint: Bool { type?.isFloatingPoint ?? false }

  /// Weights on the device; integers stay on the CPU, where shapes are computed.
  func placed(on device: Device) throws -> Tensor { isFloatingPoint && device != .cpu ? try to(device) : self }
}
