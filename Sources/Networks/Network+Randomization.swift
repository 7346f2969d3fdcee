import Tensors

extension Network {
  /// The layers with weights, from the image to the logits: convolutions, each with the batch normalisation that follows it, and
  /// linear layers. Empty for a network without weights.
  public nonisolated var layers: [String] { graph.weightedNodes.map { $0.layer.name } }

  /// The network with fresh first weights, as its architecture draws them, in some of its ``layers`` and its own in the others.
  ///
  /// The weights that a layer gets depend on the seed and on the layer alone. For a network as it was trained, not a folded one:
  /// fresh weights of a convolution belong to a fresh batch normalisation.
  public func randomized(_ layers: Set<String>, seed: UInt64) throws -> Network {
    let fresh = try information.architecture.initialParameters(
      channels: graph.inputChannels, classes: graph.classCount, seed: seed)
    var mixed = parameters
    for (layer, normalization) in graph.weightedNodes where layers.contains(layer.name) {
      for parameter in graph.parameters(of: layer) + (normalization.map(graph.parameters(of:)) ?? []) {
        mixed[parameter.name] = try fresh[parameter.name]?.to(device)
      }
    }
    return try Network(information, parameters: mixed, device: device)
  }
}

extension Graph {
  /// Convolutions and linear layers in their order, each with the batch normalisation that follows it alone.
  fileprivate var weightedNodes: [(layer: Node, normalization: Node?)] {
    let normalizations = foldable
    return nodes.enumerated().compactMap { index, node in
      switch node.operation {
      case .convolution, .linear: (node, normalizations[index].map { nodes[$0] })
      case .input, .batchNorm, .relu, .maxPool, .globalAveragePool, .add: nil
      }
    }
  }
}
