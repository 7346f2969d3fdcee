import Files
import Foundation

/// Puts the nodes of a file's own functions in the place of their calls, and leaves out what the answer does not need.
struct ONNXInlining {
  private struct Key: Hashable {
    let domain, name, overload: String
  }

  private let functions: [Key: ONNXFunction]
  private let opsets: [String: Int]
  private let sizes: [Key: Int]
  /// Far more than the largest networks have; functions that call functions could make any number.
  private static let mostNodes = 200_000
  private static let deepest = 32

  init(_ model: ONNXModel) {
    opsets = model.opsets
    functions = Dictionary(
      model.functions.map { (Key(domain: $0.domain, name: $0.name, overload: $0.overload), $0) },
      uniquingKeysWith: { $1 })
    sizes = functions.mapValues { $0.nodes.reduce(1) { $0 + $1.size } }
  }

  /// - Throws: ``ONNXError/damaged(_:)`` when functions call one another in a circle or become too many nodes.
  func nodes(of graph: ONNXGraph, for output: String) throws -> [ONNXNode] {
    var nodes: [ONNXNode] = []
    var left = Self.mostNodes
    try add(graph.nodes, opsets, depth: 0, to: &nodes, &left)
    var needed: Set = [output]
    return nodes.reversed().filter { node in
      guard node.outputs.contains(where: needed.contains) else { return false }
      needed.formUnion(node.captured)
      return true
    }.reversed()
  }

  /// - Parameter left: how many nodes functions may still become, those that call others included.
  private func add(
    _ calls: [ONNXNode], _ opsets: [String: Int], depth: Int, to nodes: inout [ONNXNode], _ left: inout Int
  ) throws {
    guard depth <= Self.deepest else {
      throw ONNXError.damaged("its functions call one another more than \(Self.deepest) deep")
    }
    for node in calls {
      node.version = opsets[node.domain] ?? self.opsets[node.domain] ?? 0
      try setVersions(node, opsets)
      let key = Key(domain: node.domain, name: node.type, overload: node.overload)
      guard let function = functions[key] else {
        nodes.append(node)
        continue
      }
      left -= sizes[key] ?? 1
      guard left >= 0 else { throw ONNXError.damaged("its functions become more than \(Self.mostNodes) operators") }
      try add(body(function, of: node, number: left), function.opsets, depth: depth + 1, to: &nodes, &left)
    }
  }

  /// A function's nodes with the names of the call, and otherwise with names that nothing else has: short ones, however long the
  /// file's are.
  private func body(_ function: ONNXFunction, of call: ONNXNode, number: Int) -> [ONNXNode] {
    var names: [String: String] = ["": ""]
    for (place, name) in function.inputs.enumerated() {
      names[name] = place < call.inputs.count ? call.inputs[place] : ""
    }
    for (place, name) in function.outputs.enumerated() where place < call.outputs.count && names[name] == nil {
      if !call.outputs[place].isEmpty { names[name] = call.outputs[place] }
    }
    let attributes = function.defaults.merging(call.attributes) { $1 }
    let outside = names
    func rename(_ name: String) -> String {
      if let known = names[name] { return known }
      let new = "\(call.type.plain)/\(number)/\(names.count)"
      names[name] = new
      return new
    }
    return function.nodes.map { $0.renamed(rename, attributes) } + passedThrough(function, call, outside)
  }

  /// Outputs of a function that are its inputs.
  private func passedThrough(_ function: ONNXFunction, _ call: ONNXNode, _ names: [String: String]) -> [ONNXNode] {
    zip(function.outputs, call.outputs).compactMap { inner, outer in
      guard !outer.isEmpty, let name = names[inner], name != outer else { return nil }
      return ONNXNode(type: "Identity", inputs: [name], outputs: [outer])
    }
  }

  private func setVersions(_ node: ONNXNode, _ opsets: [String: Int]) throws {
    for case .graph(let graph) in node.attributes.values {
      for inner in graph.nodes {
        guard functions[Key(domain: inner.domain, name: inner.type, overload: inner.overload)] == nil else {
          throw ONNXError.unsupported("calls a function within a branch")
        }
        inner.version = opsets[inner.domain] ?? self.opsets[inner.domain] ?? 0
        try setVersions(inner, opsets)
      }
    }
  }
}

extension ONNXNode {
  /// Everything that it reads: its inputs and what its branches take from outside.
  var captured: [String] {
    var names = inputs.filter { !$0.isEmpty }
    for case .graph(let graph) in attributes.values {
      let own = Set(graph.initializers.map(\.name) + graph.inputs.map(\.name) + graph.nodes.flatMap(\.outputs))
      names += (graph.nodes.flatMap(\.captured) + graph.outputs.map(\.name)).filter { !own.contains($0) }
    }
    return names
  }

  /// The same call within a function, of which the values have other names and the attributes are known.
  fileprivate func renamed(_ rename: (String) -> String, _ given: [String: ONNXAttribute]) -> ONNXNode {
    let attributes = attributes.compactMapValues { attribute -> ONNXAttribute? in
      switch attribute {
      case .reference(let name): given[name]
      case .graph(var graph):
        .graph(
          {
            graph.rename(rename, given)
            return graph
          }())
      default: attribute
      }
    }
    return ONNXNode(self, inputs: inputs.map(rename), outputs: outputs.map(rename), attributes: attributes)
  }

  /// How many nodes it is with those of its branches.
  fileprivate var size: Int {
    attributes.values.reduce(1) { sum, attribute in
      if case .graph(let graph) = attribute { graph.nodes.reduce(sum) { $0 + $1.size } } else { sum }
    }
  }

  func checkKnown() throws {
    guard domain.isEmpty, type == "If" || ONNXOperators.all[type] != nil else { throw unknown }
    for case .graph(let graph) in attributes.values { for node in graph.nodes { try node.checkKnown() } }
  }

  var unknown: ONNXError { .unknownOperator(type.plain, domain: domain.plain, version: version) }
}

extension ONNXGraph {
  fileprivate mutating func rename(_ rename: (String) -> String, _ given: [String: ONNXAttribute]) {
    nodes = nodes.map { $0.renamed(rename, given) }
    outputs = outputs.map { ONNXValueInfo(name: rename($0.name)) }
    initializers = initializers.map { constant in
      var constant = constant
      constant.name = rename(constant.name)
      return constant
    }
  }
}
