import Foundation
import Maps
import Tensors

/// A built-in network with its weights: a classifier whose layers are known.
///
/// `logits` runs in evaluation mode. Instances do not change; training makes new ones.
@TorchActor public final class Network: NormalizingClassifier, LayeredClassifier, FeatureClassifier {
  public nonisolated let information: ModelInformation
  public nonisolated let graph: Graph
  public nonisolated let device: Device
  /// By name; one floating-point type, on one device.
  public let parameters: [String: Tensor]
  /// What the logits are computed in.
  public nonisolated let precision: Precision
  private let interpreter: Interpreter
  /// Made when it is first asked for. Locked, because several threads may ask at once (``TorchActor/concurrently(_:threads:_:)``).
  private var foldedNetwork: Network?
  private let lock = NSLock()

  public nonisolated var labels: LabelSet { information.labels }
  public nonisolated var preprocessing: Preprocessing { information.preprocessing }

  public nonisolated var bytesPerImage: Int {
    // Results are kept once for the gradient and once more while it flows back, in float32.
    2 * 4 * interpreter.fastGraph.activationCount(height: preprocessing.height, width: preprocessing.width)
  }

  /// A network with the weights given.
  ///
  /// - Throws: ``ModelFileError`` when a parameter is missing, has another shape or is not part of the architecture.
  public convenience init(_ information: ModelInformation, parameters: [String: Tensor], device: Device = .cpu) throws {
    let graph = information.graph
    try Self.check(parameters, against: graph)
    try self.init(information, graph, parameters.mapValues { try $0.to(device) }, device)
  }

  private init(
    _ information: ModelInformation, _ graph: Graph, _ parameters: [String: Tensor], _ device: Device,
    _ precision: Precision = .full
  ) throws {
    self.information = information
    self.graph = graph
    self.parameters = parameters
    self.device = device
    self.precision = precision
    interpreter = Interpreter(graph: graph, parameters: parameters, precision: precision, prepared: PreparedWeights())
  }

  public func logits(normalized images: Tensor) throws -> Tensor { try interpreter.run(images) }

  public nonisolated var featureCount: Int? { graph.featureCount }

  public var head: LinearHead? { get throws { try interpreter.head } }

  public func features(_ images: Tensor) throws -> Tensor {
    try interpreter.features(preprocessing.normalized(images))
  }

  public nonisolated var hasActivation: Bool { graph.hasActivation }

  public nonisolated var unruledOperator: String? { graph.unruledOperator }

  public func logits(_ images: Tensor, rule: GradientRule) throws -> Tensor {
    // Relevance is about layers whose normalisation is part of them.
    if case .relevance = rule, !graph.foldable.isEmpty { return try inference.logits(images, rule: rule) }
    return try interpreter.run(images, rule: rule, preprocessing)
  }

  private var inference: Network {
    get throws {
      try lock.withLock {
        if let foldedNetwork { return foldedNetwork }
        let network = try folded()
        foldedNetwork = network
        return network
      }
    }
  }

  public func spatialLayers() throws -> [NetworkLayer] { try interpreter.spatialLayers(preprocessing) }

  public func activations(_ images: Tensor, at layer: NetworkLayer) throws -> (values: Tensor, logits: Tensor) {
    try interpreter.activations(preprocessing.normalized(images), at: layer)
  }

  /// The same network with weights of another type; float64 is for checking, not for speed.
  public func converted(to type: ElementType) throws -> Network {
    try Network(information, graph, parameters.mapValues { try $0.to(type) }, device)
  }

  /// The network for inference: every batch normalisation folded into the convolution before it.
  ///
  /// With W, b the convolution's and γ, β, μ, σ² the normalisation's parameters, the folded convolution has W γ/√(σ² + ε)
  /// and β + (b − μ) γ/√(σ² + ε), computed in float64. Logits and gradients are the same up to rounding.
  public func folded() throws -> Network {
    let (graph, parameters) = try Folding.fold(graph, parameters)
    return try Network(information, graph, parameters, device)
  }

  public func inMixedPrecision() throws -> any Classifier {
    try Network(information, graph, parameters, device, .mixed)
  }

  private static func check(_ parameters: [String: Tensor], against graph: Graph) throws {
    for parameter in graph.parameters {
      guard let tensor = parameters[parameter.name] else { throw ModelFileError.missingParameter(parameter.name) }
      guard tensor.shape == parameter.shape else {
        if parameter.role == .position {
          throw ModelFileError.otherSize(patches: parameter.shape[1], found: tensor.shape)
        }
        throw ModelFileError.wrongShape(parameter.name, expected: parameter.shape, found: tensor.shape)
      }
    }
    let known = Set(graph.parameters.map(\.name))
    if let stranger = parameters.keys.filter({ !known.contains($0) }).min() {
      throw ModelFileError.unknownParameter(stranger)
    }
  }
}
