import Tensors

/// The pass that writes what imported graphs say in many ways in the one way that other passes and rules know.
///
/// Values and gradients stay the same.
@TorchActor struct Canonical {
  private var parameters: [String: Tensor]

  /// The graph in that form, with the parameters that it needs and what they are for.
  static func form(
    of graph: Graph, _ parameters: [String: Tensor]
  ) throws -> (graph: Graph, parameters: [String: Tensor]) {
    var pass = Canonical(parameters: parameters)
    let readers = graph.readers
    let rewritten = try graph.rewritten { index, node, result in
      // Of a node with several results only the first may be asked for where another operator takes its place.
      let readsOthers = readers[index].contains { reader in
        reader < graph.nodes.count && graph.nodes[reader].places.contains { $0.node == index && $0.output > 0 }
      }
      return readsOthers ? nil : try pass.replacement(for: node, in: &result, graph)
    }
    let canonical = rewritten.mergingBiases().pruned()
    // What a parameter is for can only be told at the end.
    let named = canonical.namingRoles(pass.parameters.mapValues(\.shape))
    return (named, pass.parameters.filter { named.parameter($0.key) != nil })
  }

  private mutating func replacement(
    for node: Graph.Node, in result: inout Graph, _ source: Graph
  ) throws -> Graph.Place? {
    func keep(_ new: Graph.Node) -> Graph.Place {
      for name in new.parameterNames {
        result.declare(Graph.Parameter(name: name, shape: parameters[name]?.shape ?? [], role: .other, fanIn: 0))
      }
      return result.append(new)
    }
    func call(_ name: String, _ arguments: [String]) -> Graph.Place {
      keep(Graph.Node(name, "", arguments.map { ($0, node.argument($0) ?? .none) }))
    }
    func isZero(_ name: String) -> Bool { node.argument(name).map { $0 == .int(0) || $0 == .double(0) } ?? false }
    func isSix(_ name: String) -> Bool { node.argument(name).map { $0 == .int(6) || $0 == .double(6) } ?? false }
    let isIdle = node.argument("train") == .bool(false) || isZero("p")
    switch node.operation {
    case "aten::_convolution", "aten::convolution":
      guard node.argument("transposed") == .bool(false), shape(node.argument("weight"))?.count == 4 else { return nil }
      return call("aten::conv2d", ["input", "weight", "bias", "stride", "padding", "dilation", "groups"])
    case "aten::_batch_norm_impl_index", "aten::native_batch_norm":
      guard node.argument("training") == .bool(false) else { return nil }
      let arguments = ["input", "weight", "bias", "running_mean", "running_var", "training", "momentum", "eps"]
      return keep(
        Graph.Node(
          "aten::batch_norm", "",
          arguments.map { ($0, node.argument($0) ?? .none) } + [("cudnn_enabled", .bool(true))]))
    case "aten::max_pool2d_with_indices":
      return call("aten::max_pool2d", ["self", "kernel_size", "stride", "padding", "dilation", "ceil_mode"])
    case "aten::clamp_min" where isZero("min"),
      "aten::clamp" where isZero("min") && node.argument("max") == Graph.Value.none,
      "aten::threshold" where isZero("threshold") && isZero("value"):
      return call("aten::relu", ["self"])
    case "aten::clamp" where isZero("min") && isSix("max"),
      "aten::hardtanh" where isZero("min_val") && isSix("max_val"):
      return call("aten::relu6", ["self"])
    case "aten::dropout", "aten::feature_dropout", "aten::alpha_dropout", "aten::feature_alpha_dropout":
      return isIdle ? node.places.first : nil
    case "aten::alias", "aten::lift_fresh": return node.places.first
    case "aten::addmm":
      guard node.argument("beta") == .int(1), node.argument("alpha") == .int(1),
        let bias = node.argument("self"), shape(bias)?.count == 1, case .result? = node.argument("mat1"),
        let weight = try transposed(node.argument("mat2")), shape(bias) == shape(weight).map({ [$0[0]] })
      else { return nil }
      return keep(
        Graph.Node("aten::linear", "", [("input", node.argument("mat1") ?? .none), ("weight", weight), ("bias", bias)]))
    case "aten::matmul", "aten::mm":
      guard case .result? = node.argument("self"),
        let weight = try transposed(node.argument("other") ?? node.argument("mat2"))
      else { return nil }
      return keep(
        Graph.Node(
          "aten::linear", "", [("input", node.argument("self") ?? .none), ("weight", weight), ("bias", .none)]))
    default: return nil
    }
  }

  private func shape(_ value: Graph.Value?) -> [Int]? {
    if case .parameter(let name)? = value { parameters[name]?.shape } else { nil }
  }

  /// The transposed of a matrix of weights, as a parameter of its own.
  private mutating func transposed(_ value: Graph.Value?) throws -> Graph.Value? {
    guard case .parameter(let name)? = value, let tensor = parameters[name], tensor.shape.count == 2 else { return nil }
    let new = "\(name).transposed"
    if parameters[new] == nil { parameters[new] = try tensor.permuted([1, 0]).contiguous() }
    return .parameter(new)
  }
}

extension Graph {
  /// Additions of a constant to what a linear layer without bias gives become its bias.
  fileprivate func mergingBiases() -> Graph {
    let readers = readers
    func bias(_ index: Int) -> (sum: Int, value: Value)? {
      guard let linear = nodes[index].linear, linear.bias == nil, readers[index].count == 1,
        case let sum = readers[index][0], sum < nodes.count, nodes[sum].operation == "aten::add",
        nodes[sum].argument("alpha").map({ $0 == .int(1) }) ?? true
      else { return nil }
      let values = nodes[sum].arguments.map(\.value).filter { if case .parameter = $0 { true } else { false } }
      guard values.count == 1, case .parameter(let name) = values[0],
        parameter(name)?.shape == parameter(linear.weight).map({ [$0.shape[0]] })
      else { return nil }
      return (sum, values[0])
    }
    let merged = Dictionary(
      nodes.indices.compactMap { index in bias(index).map { (index, $0) } }, uniquingKeysWith: { first, _ in first })
    let sums = Set(merged.values.map(\.sum))
    return rewritten { index, node, result in
      if sums.contains(index) { return node.places.first }
      guard let (_, value) = merged[index] else { return nil }
      let new = node.replacing("bias", with: value)
      for name in new.parameterNames { if let parameter = parameter(name) { result.declare(parameter) } }
      return result.append(new)
    }
  }

  /// The same graph with every parameter's role and shape said.
  fileprivate func namingRoles(_ shapes: [String: [Int]]) -> Graph {
    var roles: [String: Parameter.Role] = [:]
    for node in nodes {
      if let call = node.convolution {
        roles[call.weight] = .convolutionWeight
        if let bias = call.bias { roles[bias] = .bias }
      } else if let call = node.linear {
        roles[call.weight] = .linearWeight
        if let bias = call.bias { roles[bias] = .bias }
      } else if let call = node.batchNorm {
        roles[call.mean] = .runningMean
        roles[call.variance] = .runningVariance
        if let weight = call.weight { roles[weight] = .scale }
        if let bias = call.bias { roles[bias] = .shift }
      }
    }
    return rewritten { _, node, result in
      for name in node.parameterNames {
        let (shape, role) = (shapes[name] ?? [], roles[name] ?? .other)
        let isWeight = role == .convolutionWeight || role == .linearWeight
        result.declare(
          Parameter(
            name: name, shape: shape, role: role, fanIn: isWeight ? shape.dropFirst().reduce(1, *) : shape.first ?? 0))
      }
      return nil
    }
  }
}
