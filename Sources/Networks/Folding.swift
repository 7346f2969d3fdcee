import Tensors

/// The pass that folds batch normalisation into convolutions.
enum Folding {
  @TorchActor static func fold(
    _ graph: Graph, _ parameters: [String: Tensor]
  ) throws -> (graph: Graph, parameters: [String: Tensor]) {
    let foldable = graph.foldable
    let normalizations = Set(foldable.values)
    var weights: [String: Tensor] = [:]
    let result = try graph.rewritten { index, node, result in
      if normalizations.contains(index) { return node.batchNorm?.input }
      guard let number = foldable[index], let normalization = graph.nodes[number].batchNorm,
        var call = node.convolution, let kernel = graph.parameter(call.weight)
      else { return nil }
      let (weight, bias) = try merged(call, normalization, parameters)
      // A weight that several layers share is another one in each.
      let isShared = weights[call.weight] != nil || graph.isShared(call.weight)
      let layer = kernel.layer + (isShared ? ".\(index)" : "")
      call.weight = isShared ? "\(layer).weight" : call.weight
      call.bias = "\(layer).bias"
      weights[call.weight] = weight
      weights["\(layer).bias"] = bias
      result.declare(Graph.Parameter(name: call.weight, shape: kernel.shape, role: kernel.role, fanIn: kernel.fanIn))
      result.declare(
        Graph.Parameter(name: "\(layer).bias", shape: [kernel.shape[0]], role: .bias, fanIn: kernel.fanIn))
      return result.append(call.node)
    }
    for parameter in result.parameters where weights[parameter.name] == nil {
      weights[parameter.name] = parameters[parameter.name]
    }
    return (result, weights)
  }

  @TorchActor private static func merged(
    _ convolution: Graph.Convolution, _ normalization: Graph.BatchNorm, _ parameters: [String: Tensor]
  ) throws -> (weight: Tensor, bias: Tensor) {
    func precise(_ name: String) throws -> Tensor {
      guard let tensor = parameters[name] else { throw ModelFileError.missingParameter(name) }
      return try tensor.to(.float64)
    }
    let weight = try precise(convolution.weight)
    let deviation = try (precise(normalization.variance) + normalization.epsilon).squareRoot()
    let ones = try Tensor(repeating: 1, shape: deviation.shape, type: .float64, device: deviation.device)
    let factor = try (normalization.weight.map(precise) ?? ones) / deviation
    var offset = try -precise(normalization.mean)
    if let bias = convolution.bias { offset = try offset + precise(bias) }
    let type = parameters[convolution.weight]?.type ?? .float32
    var shift = try offset * factor
    if let bias = normalization.bias { shift = try precise(bias) + shift }
    return (try (weight * factor.reshaped([-1, 1, 1, 1])).to(type), try shift.to(type))
  }
}

extension Graph {
  /// The batch normalisation that can be folded into each convolution: the one that alone reads its result.
  var foldable: [Int: Int] {
    let readers = readers
    var result: [Int: Int] = [:]
    for (index, node) in nodes.enumerated() where node.convolution != nil && readers[index].count == 1 {
      let reader = readers[index][0]
      if reader < nodes.count, nodes[reader].batchNorm != nil { result[index] = reader }
    }
    return result
  }

  /// Whether several nodes read a parameter.
  fileprivate func isShared(_ parameter: String) -> Bool {
    nodes.count { $0.parameterNames.contains(parameter) } > 1
  }

  /// The same network with every max pooling that alone reads a ReLU moved before it.
  ///
  /// Architectures are published with the ReLU first. Both orders give the same values and gradients, though not the same by
  /// other rules of flowing back, and this one has a quarter of the work.
  func poolingFirst() -> Graph {
    let readers = readers
    func isMoved(_ index: Int) -> Bool {
      nodes[index].isReLU && readers[index].count == 1 && readers[index][0] < nodes.count
        && nodes[readers[index][0]].isMaxPool
    }
    return rewritten { index, node, result in
      if isMoved(index) { return node.places[0] }
      guard node.isMaxPool, let source = nodes[index].places.first, isMoved(source.node) else { return nil }
      let pooled = result.append(node)
      return result.append(Node("aten::relu", "", [("self", .result(pooled))]))
    }
  }
}

extension Graph.Parameter {
  /// The layer's name, which those of its parameters begin with.
  var layer: String { name.hasSuffix(".weight") ? String(name.dropLast(7)) : name }
}
