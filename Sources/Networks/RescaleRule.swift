import Tensors

/// DeepLIFT's rescale rule: gradients that add up to the difference from a baseline, through every operator that has a rule.
///
/// With Δ for the difference between an operator's value for the image and for the baseline, what flows back through
///
/// - an elementwise function y = f(x) is Δy / Δx, as in Captum; where Δx is zero, f'(x);
/// - a product y = a · b (of numbers or matrices) is the mean of b and its baseline's to a, and the mean of a and its baseline's to b,
///   so that Δa (b + b₀)/2 + (a + a₀)/2 Δb = Δy. Captum has no rule here and lets the derivative through, so that sums fall short;
/// - a softmax is Δp_i = m_i (Δx_i − Σ w_j Δx_j), where m_i = Δp_i / Δ log p_i and w = m / Σ m: the rule for the exponential of x less the
///   logarithm of the sum, whose weights follow from Σ Δp = 0. Captum spreads what is missing evenly, over all images of a batch;
/// - layer and group normalisation and Euclidean norms are those of their parts: mean or sum, square, root and product;
/// - a max pooling: see ``rescaledMaxPool(_:)``.
///
/// What an operator gives for the images, with gradients, and for the baseline, without.
@TorchActor struct Contrast {
  let own: Tensor
  let reference: Tensor

  /// Differences of inputs below this count as none, as in Captum.
  private static let least = 1e-10

  private func difference() throws -> Tensor { try own - reference }

  /// relu(r) + m (x − r) with the multiplier m = (relu(x) − relu(r)) / (x − r): the value is relu(x), the gradient m.
  func rescaledRelu() throws -> Contrast {
    let result = try reference.relu()
    let output = try own.detached().relu()
    let difference = try difference()
    let derivative = try output.isGreater(than: Self.number(0, like: output)).to(own.type ?? .float32)
    let multiplier = try Self.quotient(output - result, by: difference.detached(), otherwise: derivative)
    return Contrast(own: try result + difference * multiplier, reference: result)
  }

  /// The same for any function of each element. In float64, where a quotient of small differences still says something.
  func rescaled(_ function: (Tensor) throws -> Tensor) throws -> Contrast {
    let type = own.type ?? .float32
    let (x, r) = (try own.detached().to(.float64).variable(), try reference.to(.float64))
    let (output, result) = (try function(x), try function(r))
    let ones = try Tensor(repeating: 1, shape: output.shape, type: .float64, device: output.device)
    let derivative = try output.gradients(seed: ones, of: [x])[0]
    let multiplier = try Self.quotient(
      output.detached() - result, by: x.detached() - r, otherwise: derivative ?? Self.number(0, like: output)
    ).to(type)
    return Contrast(own: try result.to(type) + difference() * multiplier, reference: try result.to(type))
  }

  /// Each window's difference o − o_r goes to the places of the two maxima: max(o, o_r) − o_r to the image's and
  /// o − max(o, o_r) to the baseline's, as in Captum, though here a place gets the sum of all windows that it is in.
  ///
  /// - Parameter pooled: the maxima of a tensor, and where they stand in the plane of each channel.
  func rescaledMaxPool(_ pooled: (Tensor) throws -> (values: Tensor, places: Tensor)) throws -> Contrast {
    let (result, referencePlaces) = try pooled(reference)
    let (output, ownPlaces) = try pooled(own.detached())
    let higher = try Tensor.maximum(output, result)
    let difference = try difference()
    let none = try Self.number(0, like: output)
    func share(_ amount: Tensor, at places: Tensor, otherwise: Double) throws -> Tensor {
      let shape = output.shape
      let count = shape[2] * shape[3]
      // One baseline may serve all images, so that its places are those of each.
      let places = try places.expanded(shape).reshaped([shape[0], shape[1], count])
      let there = try difference.reshaped([shape[0], shape[1], -1]).gather(axis: 2, places).reshaped(shape)
      let multiplier = try Self.quotient(
        amount, by: there.detached(), otherwise: none + otherwise)
      return try there * multiplier
    }
    let rise = try share(higher - result, at: ownPlaces, otherwise: 1)
    let fall = try share(output - higher, at: referencePlaces, otherwise: 0)
    return Contrast(own: try result + rise + fall, reference: result)
  }

  /// - Parameter product: bilinear.
  static func product(
    _ a: Contrast, _ b: Contrast, _ product: (Tensor, Tensor) throws -> Tensor
  ) throws -> Contrast {
    let (meanA, meanB) = (
      try (a.own.detached() + a.reference) * 0.5, try (b.own.detached() + b.reference) * 0.5
    )
    let sum = try product(a.own, meanB) + product(meanA, b.own)
    let value = try product(a.own.detached(), b.own.detached())
    return Contrast(
      own: try sum - sum.detached() + value, reference: try product(a.reference, b.reference))
  }

  func rescaledSoftmax(axis: Int, _ softmax: (Tensor) throws -> Tensor) throws -> Contrast {
    let type = own.type ?? .float32
    let (p, q) = (try softmax(own.detached().to(.float64)), try softmax(reference.to(.float64)))
    // A probability that is nothing in float64 has no logarithm, and no weight.
    let tiny = try Self.number(1e-300, like: p)
    let logarithms = try Tensor.maximum(p, tiny).logarithm() - Tensor.maximum(q, tiny).logarithm()
    let mean = try Self.quotient(p - q, by: logarithms, otherwise: p)
    let weights = try (mean / mean.sum([axis], keepingAxes: true)).to(type)
    let difference = try difference()
    let centred = try difference - (difference * weights).sum([axis], keepingAxes: true)
    return Contrast(own: try q.to(type) + mean.to(type) * centred, reference: try q.to(type))
  }

  /// (x − mean) / √(variance + ε) over some axes.
  func normalized(over axes: [Int], epsilon: Double) throws -> Contrast {
    let centred = try map { try $0 - $0.mean(axes, keepingAxes: true) }
    let squares = try Self.product(centred, centred) { try $0 * $1 }
    let variance = try squares.map { try $0.mean(axes, keepingAxes: true) }
    let factor = try variance.rescaled { try Self.number(1, like: $0) / ($0 + epsilon).squareRoot() }
    return try Self.product(centred, factor) { try $0 * $1 }
  }

  /// √Σ x² over some axes.
  func norm(over axes: [Int], keepingAxes: Bool) throws -> Contrast {
    let squares = try Self.product(self, self) { try $0 * $1 }
    // The root has no derivative at zero, where nothing flows back in any case.
    return try squares.map { try $0.sum(axes, keepingAxes: keepingAxes) }
      .rescaled { try ($0 + 1e-30).squareRoot() }
  }

  /// A linear function of both.
  func map(_ function: (Tensor) throws -> Tensor) throws -> Contrast {
    Contrast(own: try function(own), reference: try function(reference))
  }

  private static func quotient(_ a: Tensor, by b: Tensor, otherwise: Tensor) throws -> Tensor {
    try .choose(a / b, where: b.absolute().isGreater(than: number(least, like: b)), otherwise: otherwise)
  }

  private static func number(_ value: Double, like tensor: Tensor) throws -> Tensor {
    try Tensor(repeating: value, shape: [], type: tensor.type ?? .float32, device: tensor.device)
  }
}
