import Foundation
import Tensors

extension Architecture {
  /// Fresh weights, float32 on the CPU, as PyTorch and torchvision make them; the same for the same seed.
  ///
  /// - Basic CNN: uniform in ±1/√fan-in, weights and biases (PyTorch's default for convolution and linear layers).
  /// - ViT-Tiny: as the Basic CNN, layer normalisation 1 and 0, positions normal with deviation 0.02.
  /// - ResNets and EfficientNet-Lite0: convolutions normal with variance 2/fan-out (K. He et al., *Delving Deep into Rectifiers*, 2015), batch
  ///   normalisation 1 and 0, the linear layer as above.
  ///
  /// - Parameter graph: this architecture's.
  @TorchActor package func initialParameters(of graph: Graph, seed: UInt64) throws -> [String: Tensor] {
    let generator = try Generator(seed: seed)
    var parameters: [String: Tensor] = [:]
    for parameter in graph.parameters {
      parameters[parameter.name] = try initial(parameter, using: generator)
    }
    return parameters
  }

  @TorchActor private func initial(_ parameter: Graph.Parameter, using generator: Generator) throws -> Tensor {
    switch parameter.role {
    case .scale, .runningVariance: return try Tensor(repeating: 1, shape: parameter.shape)
    case .shift, .runningMean, .other: return try Tensor(repeating: 0, shape: parameter.shape)
    case .position: return try .normal(deviation: 0.02, shape: parameter.shape, using: generator)
    case .convolutionWeight where self != .basicCNN && self != .vitTiny:
      let fanOut = parameter.shape[0] * parameter.shape[2] * parameter.shape[3]
      return try .normal(deviation: (2 / Double(fanOut)).squareRoot(), shape: parameter.shape, using: generator)
    case .convolutionWeight, .linearWeight, .bias:
      let bound = 1 / Double(parameter.fanIn).squareRoot()
      return try .uniform(-bound..<bound, shape: parameter.shape, using: generator)
    }
  }
}
