import Tensors

extension Network {
  /// The layers with weights, from the image to the logits: convolutions and linear layers, each with the normalisation and what else
  /// has weights between it and the next. Empty for a network without weights.
  package nonisolated var layers: [String] { graph.weightedNodes.map(\.layer) }

  /// The network with fresh first weights, as its architecture draws them, in some of its ``layers`` and its own in the others.
  ///
  /// The weights that a layer gets depend on the seed and on the layer alone. For a network as it was trained, not a folded one:
  /// fresh weights of a convolution belong to a fresh batch normalisation.
  package func randomized(_ layers: Set<String>, seed: UInt64) throws -> Network {
    let fresh = try information.architecture.initialParameters(of: information.graph, seed: seed)
    var mixed = parameters
    for (layer, parameters) in graph.weightedNodes where layers.contains(layer) {
      for parameter in parameters { mixed[parameter.name] = try fresh[parameter.name]?.to(device) }
    }
    return try Network(information, parameters: mixed, device: device)
  }
}

extension Graph {
  /// Convolutions and linear layers in their order, each with the parameters that are read up to the next one.
  fileprivate var weightedNodes: [(layer: String, parameters: [Parameter])] {
    var found: [(layer: String, parameters: [Parameter])] = []
    for node in nodes {
      if let weight = (node.convolution?.weight ?? node.linear?.weight).flatMap(parameter) {
        found.append((weight.layer, []))
      }
      if !found.isEmpty { found[found.count - 1].parameters += parameters(of: node) }
    }
    return found
  }
}
