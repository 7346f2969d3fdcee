import Maps
import Tensors

/// Layer-wise relevance propagation as gradients: with R for the relevance of an operator's result and a for the result, what flows back
/// is R / a, so that what flows to an input is its relevance over the input, and every rule is a factor on the derivative of some
/// sum.
///
/// The gradient with respect to a scale t of the image, at t = 1, is then the image's relevance; the first layer's rules for bounded
/// pixels and for flat relevance read t in the place of the image.
///
/// Sources: A. Binder and others, *Layer-wise Relevance Propagation for Neural Networks with Local Renormalization Layers*, 2016;
/// G. Montavon and others, *Layer-Wise Relevance Propagation: An Overview*, 2019 (ε, γ, zᴮ, z⁺); S. Lapuschkin and others, *Unmasking
/// Clever Hans Predictors*, 2019 (flat); R. Achtibat and others, *AttnLRP*, 2024 (products, softmax and layer normalisation). Values
/// are those of C. Anders and others, *zennit*, 2021, where it has the rule.
extension Interpreter {
  /// A result, and where it is the image the scale that it is multiplied by.
  private struct Flow {
    let value: Tensor
    var scale: Tensor?
  }

  func relevance(
    of images: Tensor, scale: Tensor, darkest: Tensor, brightest: Tensor, _ rules: RelevanceRules
  ) throws -> Tensor {
    let count = images.shape[0]
    let composite =
      rules.composite
      ?? (graph.nodes.contains { $0.rule == .softmax || $0.rule == .attention } ? .epsilon : .epsilonGammaBox)
    let epsilon = rules.epsilon
    return try evaluate(Flow(value: images * scale, scale: scale)) { node, found in
      let inputs = node.places.map(found.tensor)
      let call = node.numbered
      @TorchActor func apply(_ tensors: Tensor...) throws -> Tensor {
        try Self.first(results(of: call, { tensors[$0.node] }, images: count))
      }
      func passed(_ value: Tensor) -> [Flow?] { [Flow(value: value)] }

      if let layer = try layer(node) {
        let (x, isConvolution) = (inputs[0].value, node.convolution != nil)
        if isConvolution, let scale = inputs[0].scale, composite == .epsilonGammaBox {
          return passed(try layer.boxed(x, darkest * scale, brightest * scale))
        }
        if isConvolution, let scale = inputs[0].scale, composite == .epsilonPlusFlat {
          return passed(try layer.flat(x, scale))
        }
        switch composite {
        case .gamma: return passed(try layer.gamma(x, rules.gamma))
        case .epsilonGammaBox where isConvolution: return passed(try layer.gamma(x, rules.gamma))
        case .epsilonPlus where isConvolution, .epsilonPlusFlat where isConvolution: return passed(try layer.plus(x))
        default: return passed(try layer.epsilon(x, epsilon))
        }
      }
      switch node.rule {
      case .activation where !node.isReLU, .elementwise:
        // All of the relevance goes on: the result over the input.
        let x = inputs[0].value
        let value = try apply(x.detached())
        return passed(try x.passing(value / x.detached().stabilized(epsilon), value: value))
      case .product:
        // Half to each of the two.
        return passed(try apply(inputs[0].value, inputs[1].value).passing(nil, factor: 0.5))
      case .quotient:
        // What is divided by counts as a constant.
        return passed(try apply(inputs[0].value, inputs[1].value.detached()))
      case .attention:
        let found = try attention(node, queries: inputs[0].value.shape)
        let product = try found.scores(inputs[0].value, inputs[1].value).passing(nil, factor: 0.5)
        let weights = try aten("softmax.int", found.mask.map { try product + $0 } ?? product, -1)
        return passed(try aten("matmul", weights, inputs[2].value).passing(nil, factor: 0.5))
      case .layerNorm, .groupNorm:
        // The deviation counts as a constant.
        return passed(try normalized(inputs[0].value, node))
      default:
        let results = try results(of: node, { found.tensor($0).value }, images: count)
        // A padded or reordered image is an image.
        let scale =
          inputs.count == 1 && Self.movesPixels.contains(node.operation)
          ? try inputs[0].scale.map { try apply($0) } : nil
        return results.enumerated().map { turn, result in result.map { Flow(value: $0, scale: turn == 0 ? scale : nil) }
        }
      }
    }.value
  }

  private static let movesPixels: Set<String> = [
    "aten::contiguous", "aten::clone", "aten::to", "aten::_to_copy", "aten::alias", "aten::constant_pad_nd",
    "aten::pad",
  ]

  private func layer(_ node: Graph.Node) throws -> RelevanceLayer? {
    guard let name = node.convolution?.weight ?? node.linear?.weight else { return nil }
    let (weight, bias) = (try parameter(name), try parameter(of: node, "bias"))
    let convolution = node.convolution
    return RelevanceLayer(weight: weight, bias: bias) { input, weight, bias in
      try convolution.map { try input.convolution($0, weight: weight, bias: bias) }
        ?? input.linear(weight: weight, bias: bias)
    }
  }

  private func normalized(_ x: Tensor, _ node: Graph.Node) throws -> Tensor {
    let found = try normalization(node, of: x.shape)
    let grouped = try x.reshaped(found.grouped)
    let centred = try grouped - grouped.mean(found.axes, keepingAxes: true)
    let deviation = try ((centred * centred).mean(found.axes, keepingAxes: true) + found.epsilon).squareRoot()
    return try found.scaled((centred / deviation.detached()).reshaped(x.shape))
  }
}

/// A convolution or linear layer with other weights in the place of its own.
@TorchActor private struct RelevanceLayer {
  let weight: Tensor
  let bias: Tensor?
  let run: (_ input: Tensor, _ weight: Tensor, _ bias: Tensor?) throws -> Tensor

  private static let least = 1e-6

  /// R_i = Σ_j x_i w_ij R_j / (z_j + ε)
  func epsilon(_ x: Tensor, _ epsilon: Double) throws -> Tensor {
    let z = try run(x, weight, bias)
    let value = try z.detached()
    return try z.passing(value / value.stabilized(epsilon), value: value)
  }

  /// The positive part of what a layer sums, over which relevance is shared: x⁺ w⁺ + x⁻ w⁻.
  func plus(_ x: Tensor) throws -> Tensor {
    let (value, parts) = (try value(x), try parts(x))
    let sum = try parts.sum(run, weight.relu(), bias.map { try $0.relu() }, weight.negativePart())
    return try sum.passing(value / sum.detached().stabilized(Self.least), value: value)
  }

  /// Positive weights count 1 + γ times where the sum is positive, negative ones where it is negative.
  func gamma(_ x: Tensor, _ gamma: Double) throws -> Tensor {
    let (value, parts) = (try value(x), try parts(x))
    func more(_ tensor: Tensor, _ part: Tensor) throws -> Tensor { try tensor + part * gamma }
    let (up, down) = (try more(weight, weight.relu()), try more(weight, weight.negativePart()))
    let positive = try parts.sum(run, up, bias.map { try more($0, $0.relu()) }, down)
    let negative = try parts.sum(run, down, bias.map { try more($0, $0.negativePart()) }, up)
    func share(_ sum: Tensor, _ part: Tensor) throws -> Tensor {
      try sum * (part / sum.detached().stabilized(Self.least))
    }
    let sum = try share(positive, value.relu()) + share(negative, value.negativePart())
    return try sum.passing(nil, value: value)
  }

  /// zᴮ for pixels between `low` and `high`.
  func boxed(_ x: Tensor, _ low: Tensor, _ high: Tensor) throws -> Tensor {
    let value = try value(x)
    let sum =
      try run(x, weight, bias) - run(low, weight.relu(), bias.map { try $0.relu() })
      - run(high, weight.negativePart(), bias.map { try $0.negativePart() })
    return try sum.passing(value / sum.detached().stabilized(Self.least), value: value)
  }

  /// Every input of a sum gets the same.
  func flat(_ x: Tensor, _ ones: Tensor) throws -> Tensor {
    let value = try value(x)
    let sum = try run(
      ones, Tensor(repeating: 1, shape: weight.shape, type: weight.type ?? .float32, device: weight.device), nil)
    return try sum.passing(value / sum.detached().stabilized(Self.least), value: value)
  }

  private func value(_ x: Tensor) throws -> Tensor { try run(x.detached(), weight, bias) }

  private struct Parts {
    let positive: Tensor
    /// Nil where nothing is negative, as behind a ReLU.
    let negative: Tensor?

    /// The positive part with some weights, and the negative with others.
    @TorchActor func sum(
      _ run: (Tensor, Tensor, Tensor?) throws -> Tensor, _ weight: Tensor, _ bias: Tensor?, _ other: Tensor
    ) throws -> Tensor {
      let first = try run(positive, weight, bias)
      return try negative.map { try first + run($0, other, nil) } ?? first
    }
  }

  private func parts(_ x: Tensor) throws -> Parts {
    let isPositive = try x.detached().min().doubles()[0] >= 0
    return isPositive
      ? Parts(positive: x, negative: nil) : Parts(positive: try x.relu(), negative: try x.negativePart())
  }
}

extension Tensor {
  /// min(x, 0)
  @TorchActor fileprivate func negativePart() throws -> Tensor { try (self * -1).relu() * -1 }

  /// x + ε, or x − ε below zero.
  @TorchActor fileprivate func stabilized(_ epsilon: Double) throws -> Tensor {
    let zero = try Tensor(repeating: 0, shape: [], type: type ?? .float32, device: device)
    return try .choose(self + -epsilon, where: isLess(than: zero), otherwise: self + epsilon)
  }

  /// A tensor of some value, of which what flows back is multiplied by a factor on its way to this one.
  @TorchActor fileprivate func passing(_ multiplier: Tensor?, factor: Double = 1, value: Tensor? = nil) throws -> Tensor
  {
    var scaled = try multiplier.map { try self * $0 } ?? self
    if factor != 1 { scaled = try scaled * factor }
    return try scaled - scaled.detached() + (value ?? self).detached()
  }
}
