import Maps
import Tensors

extension Interpreter {
  /// The logits [N, K] of images [N, C, H, W] in evaluation mode, with gradients by a rule.
  ///
  /// - Parameters:
  ///   - images: in 0…1.
  ///   - input: says how they are normalised.
  ///   - type: what the network computes in; nil: what the images are in.
  public func run(
    _ images: Tensor, rule: GradientRule, _ input: Preprocessing, type: ElementType? = nil
  ) throws -> Tensor {
    func normalized(_ images: Tensor) throws -> Tensor {
      let result = try input.normalized(images)
      return try type.map { try result.to($0) } ?? result
    }
    switch rule {
    case .guided: return try guided(normalized(images))
    case .rescale(let baseline):
      let baseline = graph.comparesResults ? try baseline.expanded(images.shape) : baseline
      return try rescaled(normalized(images), baseline: normalized(baseline))
    case .relevance(let rules, let scale):
      // One pixel, for the image may be padded before the first layer.
      func corner(_ value: Double) throws -> Tensor {
        let image = try Tensor(
          repeating: value, shape: [1, images.shape[1], 1, 1], type: images.type ?? .float32, device: images.device)
        return try normalized(image)
      }
      let scale = try type.map { try scale.to($0) } ?? scale
      return try relevance(
        of: normalized(images), scale: scale, darkest: corner(0), brightest: corner(1), rules)
    }
  }

  private func guided(_ images: Tensor) throws -> Tensor {
    let count = images.shape[0]
    return try evaluate(images) { node, found in
      let results = try results(of: node, found.tensor, images: count)
      return node.rule == .activation ? try results.map { try $0?.guided() } : results
    }
  }

  private func rescaled(_ images: Tensor, baseline: Tensor) throws -> Tensor {
    let (count, referenceCount) = (images.shape[0], baseline.shape[0])
    return try evaluate(Contrast(own: images, reference: baseline)) { node, found in
      let inputs = node.places.map(found.tensor)
      let call = node.numbered
      /// The operator with others in the place of the results that it reads.
      @TorchActor func apply(_ node: Graph.Node, _ tensors: [Tensor]) throws -> [Tensor?] {
        try results(of: node, { tensors[$0.node] }, images: tensors[0].shape[0])
      }
      @TorchActor func single(_ tensors: Tensor...) throws -> Tensor { try Self.first(apply(call, tensors)) }
      switch node.rule {
      case .activation where node.isReLU: return [try inputs[0].rescaledRelu()]
      case .activation, .elementwise: return [try inputs[0].rescaled { try single($0) }]
      case .maxPool:
        return [
          try inputs[0].rescaledMaxPool { tensor in
            // The same call, which tells the places of the maxima as well.
            let both = Graph.Node("aten::max_pool2d_with_indices", "", call.arguments.map { ($0.name, $0.value) })
            let found = try apply(both, [tensor]).compactMap(\.self)
            return (values: found[0], places: found[1])
          }
        ]
      case .product: return [try Contrast.product(inputs[0], inputs[1]) { try single($0, $1) }]
      case .quotient:
        let inverse = try inputs[1].rescaled {
          try Tensor(repeating: 1, shape: [], type: .float64, device: $0.device) / $0
        }
        return [try Contrast.product(inputs[0], inverse) { try $0 * $1 }]
      case .softmax:
        return [try inputs[0].rescaledSoftmax(axis: node.number("dim") ?? -1) { try single($0) }]
      case .attention:
        let found = try attention(node, queries: inputs[0].own.shape)
        let scores = try Contrast.product(inputs[0], inputs[1], found.scores)
          .map { scores in try found.mask.map { try scores + $0 } ?? scores }
        let weights = try scores.rescaledSoftmax(axis: -1) { try aten("softmax.int", $0, -1) }
        return [try Contrast.product(weights, inputs[2]) { try aten("matmul", $0, $1) }]
      case .layerNorm, .groupNorm:
        let shape = inputs[0].own.shape
        let found = try normalization(node, of: shape)
        return [
          try inputs[0].map { try $0.reshaped(found.grouped) }.normalized(over: found.axes, epsilon: found.epsilon)
            .map { try found.scaled($0.reshaped(shape)) }
        ]
      case .norm:
        let axes = node.axes(of: inputs[0].own.shape)
        return [try inputs[0].norm(over: axes.numbers, keepingAxes: axes.areKept)]
      case .linear, nil: break
      }
      let own = try results(of: node, { found.tensor($0).own }, images: count)
      let reference = try results(of: node, { found.tensor($0).reference }, images: referenceCount)
      return zip(own, reference).map { own, reference in
        own.flatMap { own in reference.map { Contrast(own: own, reference: $0) } }
      }
    }.own
  }

  /// Layer or group normalisation as its parts.
  struct Normalization {
    /// The shape in which what is normalised together stands along ``axes``.
    let grouped: [Int]
    let axes: [Int]
    let epsilon: Double
    /// In shapes that fit the input's.
    let weight: Tensor?
    let bias: Tensor?

    /// What is normalised times the weight, plus the bias.
    func scaled(_ tensor: Tensor) throws -> Tensor {
      let product = try weight.map { try tensor * $0 } ?? tensor
      return try bias.map { try product + $0 } ?? product
    }
  }

  /// - Parameter shape: the input's.
  func normalization(_ node: Graph.Node, of shape: [Int]) throws -> Normalization {
    let epsilon = node.double("eps") ?? 1e-5
    let (weight, bias) = (try parameter(of: node, "weight"), try parameter(of: node, "bias"))
    if node.rule == .layerNorm, case .ints(let sizes)? = node.argument("normalized_shape") {
      let axes = Array(shape.indices.suffix(sizes.count))
      return Normalization(grouped: shape, axes: axes, epsilon: epsilon, weight: weight, bias: bias)
    }
    let groups = node.number("num_groups") ?? node.number("group") ?? 1
    let perChannel = [1, shape[1]] + shape.dropFirst(2).map { _ in 1 }
    return Normalization(
      grouped: [shape[0], groups, -1], axes: [2], epsilon: epsilon, weight: try weight?.reshaped(perChannel),
      bias: try bias?.reshaped(perChannel))
  }

  /// What attention does before its softmax: scores of queries and keys, and what is added to them.
  func attention(
    _ node: Graph.Node, queries: [Int]
  ) throws -> (scores: @TorchActor (Tensor, Tensor) throws -> Tensor, mask: Tensor?) {
    let scale = node.double("scale") ?? 1 / Double(queries.last ?? 1).squareRoot()
    let axes = Array(queries.indices)
    let swapped = axes.dropLast(2) + axes.suffix(2).reversed()
    var mask = try parameter(of: node, "attn_mask")
    if let given = mask, given.type == .bool {
      // 0 where attention may go, and what is as good as −∞ elsewhere.
      mask = try (given.to(.float32) + -1) * 1e9
    }
    return ({ try aten("matmul", $0, $1.permuted(Array(swapped))) * scale }, mask)
  }

  /// The parameter that is given as an argument, if one is.
  func parameter(of node: Graph.Node, _ argument: String) throws -> Tensor? {
    if case .parameter(let name)? = node.argument(argument) { try parameter(name) } else { nil }
  }

  static nonisolated func first(_ results: [Tensor?]) throws -> Tensor {
    guard let first = results.first, let first else { preconditionFailure("an operator without a result") }
    return first
  }
}

extension Graph.Node {
  /// The same call, the results that it reads being those of nodes 0, 1, … in turn.
  var numbered: Graph.Node {
    var next = 0
    func number(_ value: Graph.Value) -> Graph.Value {
      switch value {
      case .result:
        defer { next += 1 }
        return .result(Graph.Place(next))
      case .tensors(let values): return .tensors(values.map(number))
      default: return value
      }
    }
    return Graph.Node(operation, overload, arguments.map { ($0.name, number($0.value)) })
  }

  /// Which axes a reduction goes over, all where it names none.
  func axes(of shape: [Int]) -> (numbers: [Int], areKept: Bool) {
    var numbers = Array(shape.indices)
    if case .ints(let sizes)? = argument("dim"), !sizes.isEmpty {
      numbers = sizes.map { $0.constant < 0 ? $0.constant + shape.count : $0.constant }
    }
    return (numbers, argument("keepdim") == .bool(true))
  }

  func double(_ name: String) -> Double? {
    if case .double(let value)? = argument(name) { value } else { nil }
  }
}
