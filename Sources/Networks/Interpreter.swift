import Maps
import Tensors

/// Runs a graph with weights.
@TorchActor public struct Interpreter {
  let graph: Graph
  /// The weights by name, all of one floating-point type and on one device.
  let parameters: [String: Tensor]
  let precision: Precision
  /// Only where the weights do not change.
  private let prepared: PreparedWeights?

  public init(graph: Graph, parameters: [String: Tensor], precision: Precision = .full) {
    self.init(graph: graph, parameters: parameters, precision: precision, prepared: nil)
  }

  init(graph: Graph, parameters: [String: Tensor], precision: Precision = .full, prepared: PreparedWeights?) {
    self.graph = graph
    self.parameters = parameters
    self.precision = precision
    self.prepared = prepared
  }

  /// torchvision's and PyTorch's defaults for batch normalisation.
  static let batchNormMomentum = 0.1
  static nonisolated let batchNormEpsilon = 1e-5

  /// The logits [N, K] of images [N, C, H, W].
  ///
  /// - Parameter training: batch normalisation goes by the batch's statistics and updates the running ones.
  public func run(_ images: Tensor, training: Bool = false) throws -> Tensor {
    let lastUses = graph.lastUses
    var results = [Tensor?](repeating: nil, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      let inputs = node.inputs.map { results[$0] ?? images }
      // Where no gradient will ask for it, a result that is read for the last time makes room for the next one.
      let canOverwrite =
        node.inputs.first.map { $0 > 0 && lastUses[$0] == index } ?? false
        && !inputs.contains(where: \.requiresGradient)
      results[index] = try result(of: node, inputs, images, training: training, canOverwrite: canOverwrite)
      // What no later node reads is let go, so that inference holds a few results and not all.
      for input in node.inputs where lastUses[input] == index { results[input] = nil }
    }
    return results[graph.last] ?? images
  }

  func result(
    of node: Graph.Node, _ inputs: [Tensor], _ images: Tensor, training: Bool, canOverwrite: Bool = false
  ) throws -> Tensor {
    func weights(_ part: String) throws -> Tensor {
      guard let tensor = parameters["\(node.name).\(part)"] else {
        throw ModelFileError.missingParameter("\(node.name).\(part)")
      }
      return tensor
    }
    switch node.operation {
    case .input: return images
    case .convolution(let stride, let padding):
      let weight = try weights("weight")
      let bias = parameters["\(node.name).bias"]
      if precision == .full,
        let plane = WholePlane(inputs[0].shape, kernel: weight.shape, stride: stride, padding: padding)
      {
        func linear() throws -> (weight: Tensor, bias: Tensor?) { try (plane.weight(weight), bias.map(plane.bias)) }
        let key = "\(node.name) \(plane.height)×\(plane.width)"
        let (weight, bias) = try prepared?.prepared(key, linear) ?? linear()
        return try plane.run(inputs[0], weight: weight, bias: bias)
      }
      // oneDNN leaves part of the weight's gradient uninitialised where the stride is longer than the image (seen in 1.13
      // and 2.15, bfloat16 only); so small a convolution costs nothing in float32.
      let isSafe = inputs[0].shape.suffix(2).allSatisfy { $0 >= stride }
      let type: ElementType? = precision == .full ? nil : isSafe ? .bfloat16 : .float32
      func converted(_ tensor: Tensor) throws -> Tensor { try type.map { try tensor.to($0) } ?? tensor }
      func both() throws -> (weight: Tensor, bias: Tensor?) { try (converted(weight), bias.map(converted)) }
      let ready =
        try (type == nil ? nil : prepared)?.prepared("\(node.name) \(type.map(\.rawValue) ?? "")", both) ?? both()
      return try converted(inputs[0]).convolution(
        weight: ready.weight, bias: ready.bias, stride: stride, padding: padding)
    case .batchNorm:
      return try inputs[0].batchNorm(
        weight: weights("weight"), bias: weights("bias"), runningMean: weights("running_mean"),
        runningVariance: weights("running_var"), training: training, momentum: Self.batchNormMomentum,
        epsilon: Self.batchNormEpsilon)
    case .relu:
      guard canOverwrite else { return try inputs[0].relu() }
      try inputs[0].reluInPlace()
      return inputs[0]
    case .maxPool(let kernel, let stride, let padding):
      return try inputs[0].maxPool(kernel: kernel, stride: stride, padding: padding)
    case .globalAveragePool: return try (precision == .full ? inputs[0] : inputs[0].to(.float32)).mean([2, 3])
    case .linear: return try inputs[0].linear(weight: weights("weight"), bias: weights("bias"))
    case .add:
      guard canOverwrite else { return try inputs[0] + inputs[1] }
      try inputs[0].addInPlace(inputs[1])
      return inputs[0]
    }
  }
}

extension Graph {
  /// For each node, the last node that reads its result.
  var lastUses: [Int] {
    var uses = [Int](repeating: 0, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for input in node.inputs { uses[input] = index }
    }
    return uses
  }
}
