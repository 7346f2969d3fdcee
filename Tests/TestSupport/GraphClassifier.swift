import Maps
import Networks
import Tensors

/// Any graph with any weights as a classifier whose layers are known.
@TorchActor public final class GraphClassifier: LayeredClassifier, FeatureClassifier {
  public nonisolated let labels: LabelSet
  public nonisolated let preprocessing: Preprocessing
  public nonisolated let device = Device.cpu
  public nonisolated let bytesPerImage = 1 << 10
  public nonisolated let graph: Graph
  private let parameters: [String: Tensor]

  public init(_ graph: Graph, height: Int, width: Int, parameters: [String: Tensor]) {
    labels = LabelSet(unnamed: graph.classCount)
    preprocessing = Preprocessing(height: height, width: width, channels: graph.inputChannels)
    self.graph = graph
    self.parameters = parameters
  }

  public nonisolated var hasActivation: Bool { graph.hasActivation }

  public nonisolated var unruledOperator: String? { graph.unruledOperator }

  /// How often ``features(_:)`` was asked for.
  public var featurePasses = 0

  public nonisolated var featureCount: Int? { graph.featureCount }

  public var head: LinearHead? {
    get throws { try Interpreter(graph: graph, parameters: parameters).head }
  }

  public func features(_ images: Tensor) throws -> Tensor {
    featurePasses += 1
    return try Interpreter(graph: graph, parameters: parameters).features(images)
  }

  public func logits(_ images: Tensor) throws -> Tensor {
    try Interpreter(graph: graph, parameters: parameters).run(images)
  }

  public func logits(_ images: Tensor, rule: GradientRule) throws -> Tensor {
    try interpreter.run(images, rule: rule, preprocessing)
  }

  public func spatialLayers() throws -> [NetworkLayer] { try interpreter.spatialLayers(preprocessing) }

  public func activations(_ images: Tensor, at layer: NetworkLayer) throws -> (values: Tensor, logits: Tensor) {
    try interpreter.activations(images, at: layer)
  }

  private var interpreter: Interpreter { Interpreter(graph: graph, parameters: parameters) }

  public func inMixedPrecision() throws -> any Classifier { self }
}
