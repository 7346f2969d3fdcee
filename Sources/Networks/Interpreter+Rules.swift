import Maps
import Tensors

extension Interpreter {
  /// The logits [N, K] of images [N, C, H, W] in evaluation mode, with gradients by a rule.
  public func run(_ images: Tensor, rule: GradientRule) throws -> Tensor {
    switch rule {
    case .guided:
      return try evaluate(images) { node, inputs in
        try node.operation == .relu
          ? inputs[0].guidedRelu() : result(of: node, inputs, images, training: false)
      }
    case .rescale(let baseline):
      return try evaluate(Contrast(own: images, reference: baseline)) { node, inputs in
        switch node.operation {
        case .relu: return try inputs[0].rescaledRelu()
        case .maxPool(let kernel, let stride, let padding):
          return try inputs[0].rescaledMaxPool(kernel: kernel, stride: stride, padding: padding)
        default:
          return Contrast(
            own: try result(of: node, inputs.map(\.own), images, training: false),
            reference: try result(of: node, inputs.map(\.reference), baseline, training: false))
        }
      }.own
    }
  }

  /// The last node's result, given the first one's and how each node's follows from those that it reads.
  private func evaluate<Result>(
    _ input: Result, _ step: (Graph.Node, [Result]) throws -> Result
  ) throws -> Result {
    let lastUses = graph.lastUses
    var results: [Result?] = [input]
    for (index, node) in graph.nodes.enumerated().dropFirst() {
      results.append(try step(node, node.inputs.compactMap { results[$0] }))
      for input in node.inputs where lastUses[input] == index { results[input] = nil }
    }
    return results[graph.last] ?? input
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
  func rescaledMaxPool(kernel: Int, stride: Int, padding: Int) throws -> Contrast {
    let result = try reference.maxPool(kernel: kernel, stride: stride, padding: padding)
    let plain = try own.detached()
    let output = try plain.maxPool(kernel: kernel, stride: stride, padding: padding)
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
    let ownPlaces = try plain.maxPoolPlaces(kernel: kernel, stride: stride, padding: padding)
    let referencePlaces = try reference.maxPoolPlaces(kernel: kernel, stride: stride, padding: padding)
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
