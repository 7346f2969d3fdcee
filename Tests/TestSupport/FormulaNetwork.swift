import Maps
import Networks
import Tensors

/// A built-in network with the weights of `Tests/Fixtures/formula.py`.
@TorchActor public func formulaNetwork(
  _ architecture: Architecture, channels: Int, classes: Int, height: Int, width: Int
) throws -> Network {
  let information = ModelInformation(
    architecture: architecture, labels: LabelSet(unnamed: classes),
    preprocessing: Preprocessing(height: height, width: width, channels: channels))
  return try Network(
    information,
    parameters: formulaParameters(architecture, channels: channels, classes: classes, height: height, width: width))
}

@TorchActor public func formulaParameters(
  _ architecture: Architecture, channels: Int, classes: Int, height: Int = 32, width: Int = 32
) throws -> [String: Tensor] {
  let parameters = architecture.graph(channels: channels, classes: classes, height: height, width: width).parameters
  return try Dictionary(
    uniqueKeysWithValues: parameters.enumerated().map { ($1.name, try Formula.parameter($0, $1)) })
}
