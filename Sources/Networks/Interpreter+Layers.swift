import Maps
import Tensors

extension Interpreter {
  /// The layers whose results for one image have a spatial extent, see ``NetworkLayer``.
  ///
  /// Cost: one forward and one backward pass of one image of noise.
  package func spatialLayers(_ input: Preprocessing, type: ElementType? = nil) throws -> [NetworkLayer] {
    let shape = [1, input.channels, input.height, input.width]
    let device = parameters.values.first?.device ?? .cpu
    let noise = try Tensor.uniform(0..<1, shape: shape, using: Generator(seed: 4)).to(type ?? .float32, device)
    let (names, hidden) = (graph.names, graph.attentionScores)
    var found: [(layer: NetworkLayer, result: Tensor)] = []
    var index = 0
    let image = try input.normalized(noise).variable()
    let logits = try evaluate(image) { node, results in
      index += 1
      let own = try self.results(of: node, results.tensor, images: 1)
      if node.isLayer, !hidden.contains(index), let result = own.first, let result,
        let layer = NetworkLayer(names[index], node.operation, index, result.shape, input)
      {
        found.append((layer, result))
      }
      return own
    }
    guard !found.isEmpty else { return [] }
    // No class alone, whose weights may be zero.
    let seed = try Tensor.uniform(0.5..<1, shape: logits.shape, using: Generator(seed: 5)).to(
      logits.type ?? .float32, device)
    let gradients = try logits.gradients(seed: seed, of: found.map(\.result))
    return try zip(found.map(\.layer), gradients).map { layer, gradient in
      var layer = layer
      if let gradient {
        let plane = try layer.plane(of: gradient).absolute().sum([0, 1])
        layer.reachesLogits = try plane.doubles().count { $0 != 0 } > 1
      }
      return layer
    }
  }

  /// What a layer gives for normalised images, as a variable, and the logits as a function of it.
  package func activations(_ images: Tensor, at layer: NetworkLayer) throws -> (values: Tensor, logits: Tensor) {
    var (index, values) = (0, Tensor?.none)
    let count = images.shape[0]
    let logits = try evaluate(images) { node, results in
      index += 1
      var own = try self.results(of: node, results.tensor, images: count)
      if index == layer.place {
        values = try Self.first(own).variable()
        own[0] = values
      }
      return own
    }
    guard let values else { preconditionFailure("a layer of another network") }
    return (values, logits)
  }
}

extension Graph {
  /// A name for every node: that of its weights, or of its operator and how many of that operator came before.
  var names: [String] {
    var counts: [String: Int] = [:]
    var taken: Set<String> = []
    return nodes.map { node in
      if let weight = node.parameterNames.first(where: { $0.hasSuffix(".weight") }) {
        let name = String(weight.dropLast(7))
        if taken.insert(name).inserted { return name }
      }
      let operation = node.operation.replacing("aten::", with: "")
      let count = counts[operation, default: 0]
      counts[operation] = count + 1
      return count == 0 ? operation : "\(operation)_\(count)"
    }
  }

  /// Where scores of attention stand: what goes from a product of matrices to a softmax.
  fileprivate var attentionScores: Set<Int> {
    var found: Set<Int> = []
    for (index, node) in nodes.enumerated() where node.rule == .softmax {
      var open = node.places.map(\.node)
      found.insert(index)
      while let next = open.popLast() {
        guard next != 0, nodes[next].rule != .product, found.insert(next).inserted,
          nodes[next].convolution == nil, nodes[next].linear == nil
        else { continue }
        open += nodes[next].places.map(\.node)
      }
    }
    return found
  }
}

extension Graph.Node {
  /// Whether its result is one that people call a layer's: not that of a view, a product or a linear layer of tokens.
  fileprivate var isLayer: Bool {
    if rule == .activation || rule == .maxPool || rule == .layerNorm || rule == .groupNorm || convolution != nil {
      return true
    }
    return ["aten::batch_norm", "aten::add", "aten::cat", "aten::avg_pool2d", "aten::adaptive_avg_pool2d"].contains(
      operation)
  }
}

extension NetworkLayer {
  /// Nil where a result for one image has no spatial extent.
  fileprivate init?(_ name: String, _ operation: String, _ place: Int, _ shape: [Int], _ input: Preprocessing) {
    /// Whether a plane has the image's proportions, but for rounding.
    func fits(_ height: Int, _ width: Int) -> Bool {
      height * width > 1 && height <= input.height && width <= input.width
        && abs(height * input.width - width * input.height) <= 2 * max(input.height, input.width)
    }
    func layer(_ plane: Plane, _ features: Int, _ height: Int, _ width: Int) -> NetworkLayer {
      NetworkLayer(
        name: name, operation: operation, place: place, plane: plane, features: features, height: height, width: width,
        reachesLogits: false)
    }
    guard shape.first == 1 else { return nil }
    if shape.count == 4 {
      // Square planes are the rule, so that three equal sides mean channels first.
      let (first, last) = (fits(shape[2], shape[3]), fits(shape[1], shape[2]))
      guard first || last else { return nil }
      let isFirst = first && (!last || shape[2] == shape[3] || shape[1] != shape[2])
      self =
        isFirst
        ? layer(.channelsFirst, shape[1], shape[2], shape[3]) : layer(.channelsLast, shape[3], shape[1], shape[2])
      return
    }
    guard shape.count == 3 else { return nil }
    // Patches of one size, and a few tokens besides.
    for patch in 1...max(1, min(input.height, input.width)) {
      // What does not make a whole patch is left out, or filled up.
      for rest in Set([0, patch - 1]).sorted() {
        let (height, width) = ((input.height + rest) / patch, (input.width + rest) / patch)
        let skipped = shape[1] - height * width
        if height * width > 1, (0...8).contains(skipped) {
          self = layer(.tokens(skipped: skipped), shape[2], height, width)
          return
        }
      }
    }
    return nil
  }
}
