import Maps
import Tensors

extension Interpreter {
  /// The logits [N, K] of images [N, C, H, W] in evaluation mode, with gradients by a rule.
  public func run(_ images: Tensor, rule: GradientRule) throws -> Tensor {
    let count = images.shape[0]
    switch rule {
    case .guided:
      return try evaluate(images) { node, found in
        if node.isReLU, let input = node.places.first { return [try found.tensor(input).guidedRelu()] }
        return try results(of: node, found.tensor, images: count)
      }
    case .rescale(let baseline):
      let referenceCount = baseline.shape[0]
      return try evaluate(Contrast(own: images, reference: baseline)) { node, found in
        if node.isReLU, let input = node.places.first { return [try found.tensor(input).rescaledRelu()] }
        if node.isMaxPool, let input = node.places.first {
          return [
            try found.tensor(input).rescaledMaxPool { tensor in
              // The same call, which tells the places of the maxima as well.
              let call = Graph.Node("aten::max_pool2d_with_indices", "", node.arguments.map { ($0.name, $0.value) })
              let both = try results(of: call, { _ in tensor }, images: count).compactMap(\.self)
              return (values: both[0], places: both[1])
            }
          ]
        }
        let own = try results(of: node, { found.tensor($0).own }, images: count)
        let reference = try results(of: node, { found.tensor($0).reference }, images: referenceCount)
        return zip(own, reference).map { own, reference in
          own.flatMap { own in reference.map { Contrast(own: own, reference: $0) } }
        }
      }.own
    }
  }
}

/// What a layer gives for the images, with gradients, and for the baseline, without.
@TorchActor private struct Contrast {
  let own: Tensor
  let reference: Tensor

  /// Differences of inputs below this count as none, as in Captum.
  private static let least = 1e-10

  /// relu(r) + m (x − r) with the multiplier m = (relu(x) − relu(r)) / (x − r): the value is relu(x), the gradient m.
  func rescaledRelu() throws -> Contrast {
    let result = try reference.relu()
    let output = try own.detached().relu()
    let difference = try own - reference
    let derivative = try output.isGreater(than: Self.number(0, like: output)).to(own.type ?? .float32)
    let multiplier = try Self.quotient(output - result, by: difference.detached(), otherwise: derivative)
    return Contrast(own: try result + difference * multiplier, reference: result)
  }

  /// Each window's difference o − o_r goes to the places of the two maxima: max(o, o_r) − o_r to the image's and
  /// o − max(o, o_r) to the baseline's, as in Captum, though here a place gets the sum of all windows that it is in.
  ///
  /// - Parameter pooled: the maxima of a tensor, and where they stand in the plane of each channel.
  func rescaledMaxPool(_ pooled: (Tensor) throws -> (values: Tensor, places: Tensor)) throws -> Contrast {
    let (result, referencePlaces) = try pooled(reference)
    let (output, ownPlaces) = try pooled(own.detached())
    let higher = try Tensor.maximum(output, result)
    let difference = try own - reference
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

  private static func quotient(_ a: Tensor, by b: Tensor, otherwise: Tensor) throws -> Tensor {
    try .choose(a / b, where: b.absolute().isGreater(than: number(least, like: b)), otherwise: otherwise)
  }

  private static func number(_ value: Double, like tensor: Tensor) throws -> Tensor {
    try Tensor(repeating: value, shape: [], type: tensor.type ?? .float32, device: tensor.device)
  }
}
