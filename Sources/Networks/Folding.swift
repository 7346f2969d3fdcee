import Tensors

/// The pass that folds batch normalisation into convolutions.
enum Folding {
  @TorchActor static func fold(
    _ graph: Graph, _ parameters: [String: Tensor]
  ) throws -> (graph: Graph, parameters: [String: Tensor]) {
    let folded = graph.foldable
    var result = Graph(channels: graph.inputChannels)
    var weights: [String: Tensor] = [:]
    // Where the result of each old node is found in the new graph.
    var places = [0]
    for (index, node) in graph.nodes.enumerated().dropFirst() {
      let inputs = node.inputs.map { places[$0] }
      if folded.values.contains(index) {
        places.append(inputs[0])
        continue
      }
      var needed = graph.parameters(of: node)
      if let normalization = folded[index].map({ graph.nodes[$0] }), let kernel = needed.first {
        let (weight, bias) = try merged(node.name, normalization.name, parameters)
        weights["\(node.name).weight"] = weight
        weights["\(node.name).bias"] = bias
        needed = [
          kernel,
          Graph.Parameter(name: "\(node.name).bias", shape: [node.channels], role: .bias, fanIn: kernel.fanIn),
        ]
      } else {
        for parameter in needed { weights[parameter.name] = parameters[parameter.name] }
      }
      places.append(result.append(node, reading: inputs, needed))
    }
    return (result, weights)
  }

  @TorchActor private static func merged(
    _ convolution: String, _ normalization: String, _ parameters: [String: Tensor]
  ) throws -> (weight: Tensor, bias: Tensor) {
    func precise(_ name: String) throws -> Tensor {
      guard let tensor = parameters[name] else { throw ModelFileError.missingParameter(name) }
      return try tensor.to(.float64)
    }
    let weight = try precise("\(convolution).weight")
    let factor =
      try precise("\(normalization).weight")
      / (precise("\(normalization).running_var") + Interpreter.batchNormEpsilon).squareRoot()
    var offset = try -precise("\(normalization).running_mean")
    if let bias = parameters["\(convolution).bias"] { offset = try offset + bias.to(.float64) }
    let type = parameters["\(convolution).weight"]?.type ?? .float32
    return (
      try (weight * factor.reshaped([-1, 1, 1, 1])).to(type),
      try (precise("\(normalization).bias") + offset * factor).to(type)
    )
  }
}

extension Graph {
  /// The batch normalisation that can be folded into each convolution: the one that alone reads its result.
  var foldable: [Int: Int] {
    var readers: [Int: [Int]] = [:]
    for (index, node) in nodes.enumerated() {
      for input in node.inputs { readers[input, default: []].append(index) }
    }
    var result: [Int: Int] = [:]
    for (index, node) in nodes.enumerated() {
      guard case .convolution = node.operation, let readers = readers[index], readers.count == 1,
        nodes[readers[0]].operation == .batchNorm
      else { continue }
      result[index] = readers[0]
    }
    return result
  }
}
