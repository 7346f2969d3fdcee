import Foundation
import Maps
import Tensors

/// A classifier in a file of the user's own whose network has become a graph: its layers are known.
///
/// The file's network is run on noise and what it asks of libtorch is noted; the graph must answer as the file does. What is
/// said of ``ScriptClassifier`` about settings, trial images, outputs and batch sizes holds here, too.
@TorchActor public final class ImportedNetwork: NormalizingClassifier, LayeredClassifier, FeatureClassifier {
  public nonisolated let labels: LabelSet
  public nonisolated let preprocessing: Preprocessing
  public nonisolated let device: Device
  public nonisolated let bytesPerImage: Int
  /// What the user should know of this model; empty for a model as it should be.
  public nonisolated let warnings: [ScriptWarning]
  /// What the file is, for people.
  public nonisolated let origin: String
  /// The network as the file has it, in the operators' usual forms.
  public nonisolated let graph: Graph
  public nonisolated let featureCount: Int?
  /// By name.
  public let parameters: [String: Tensor]

  private let whole: ScriptClassifier
  private let published: GraphModule
  private let fast: GraphModule

  /// Opens a network that a reader has made of a file.
  ///
  /// - Throws: `GraphImport.Obstacle` when it cannot become a graph for any number of images; ``ScriptError`` when it cannot be
  ///   used at all; `TorchError`.
  convenience init(_ network: any FileNetwork, settings: ScriptSettings, device: Device) throws {
    let module = try Self.module(network, settings, device)
    let whole = try ScriptClassifier(module, settings: settings, device: device)
    guard whole.trial.batch == nil, let published = whole.script.module as? GraphModule else {
      throw GraphImport.Obstacle(reason: "takes one number of images alone")
    }
    try Self.compare(module, network, whole.preprocessing, device)
    self.init(whole, published, fast: try published.folded(), origin: network.description)
  }

  private init(_ whole: ScriptClassifier, _ published: GraphModule, fast: GraphModule, origin: String) {
    self.whole = whole
    self.published = published
    self.fast = fast
    self.origin = origin
    graph = published.interpreter.graph
    parameters = published.interpreter.parameters
    labels = whole.labels
    preprocessing = whole.preprocessing
    device = whole.device
    // As for the built-in networks: kept once for the gradient and once more while it flows back.
    bytesPerImage = 2 * 4 * published.activations
    warnings = whole.warnings
    featureCount = whole.trial.outputs > 1 && whole.trial.scale == nil ? graph.featureCount : nil
  }

  public func logits(normalized images: Tensor) throws -> Tensor { try logits(images) { try fast.interpreter.run($0) } }

  private func logits(_ normalized: Tensor, _ run: (Tensor) throws -> Tensor) throws -> Tensor {
    let type = fast.type ?? .float32
    let answer = try run(normalized.to(type)).to(normalized.type ?? .float32)
    return try whole.logits(ofOutputs: whole.rows(ofAnswer: answer, normalized.shape[0]))
  }

  public nonisolated var hasActivation: Bool { graph.hasActivation }

  public nonisolated var unruledOperator: String? { graph.unruledOperator }

  public func logits(_ images: Tensor, rule: GradientRule) throws -> Tensor {
    // Relevance is about layers whose normalisation is part of them.
    let isRelevance = if case .relevance = rule { true } else { false }
    let module = isRelevance ? fast : published
    return try logits(images) { _ in
      try module.interpreter.run(images, rule: rule, preprocessing, type: module.type ?? .float32)
    }
  }

  public func spatialLayers() throws -> [NetworkLayer] {
    try published.interpreter.spatialLayers(preprocessing, type: published.type)
  }

  public func activations(_ images: Tensor, at layer: NetworkLayer) throws -> (values: Tensor, logits: Tensor) {
    var values: Tensor?
    let logits = try logits(preprocessing.normalized(images)) {
      let found = try published.interpreter.activations($0, at: layer)
      values = found.values
      return found.logits
    }
    guard let values else { preconditionFailure("a layer without values") }
    return (values, logits)
  }

  public func inMixedPrecision() throws -> any Classifier {
    ImportedNetwork(whole, published, fast: try published.folded(.mixed), origin: origin)
  }

  public var head: LinearHead? {
    get throws { try featureCount == nil ? nil : fast.interpreter.head }
  }

  public func features(_ images: Tensor) throws -> Tensor {
    let normalized = try preprocessing.normalized(images)
    return try fast.interpreter.features(normalized.to(fast.type ?? .float32)).to(images.type ?? .float32)
  }

  /// The network as a graph for any number of images, of colour or of grey ones.
  private static func module(
    _ network: any FileNetwork, _ settings: ScriptSettings, _ device: Device
  ) throws -> GraphModule {
    let channels = settings.channels.map { [$0] } ?? [3, 1]
    var failure: (any Error)?
    for count in channels {
      do {
        let preprocessing = try settings.preprocessing(channels: count)
        let type = EagerModule(network).type ?? .float32
        // Not one image, which libtorch may take for what it is not.
        let batches = try [2, 3].map { images in
          let shape = [images, count, preprocessing.height, preprocessing.width]
          return try preprocessing.normalized(Tensor.uniform(0..<1, shape: shape, using: Generator(seed: 2)))
            .to(type, device)
        }
        let found = try GraphImport(batches, weights: network.weights, network.answer)
        return GraphModule(found.graph, found.parameters, activations: found.activations)
      } catch { failure = failure ?? error }
    }
    throw failure ?? GraphImport.Obstacle(reason: "takes no images")
  }

  /// Makes sure that the graph answers as the file does, also about one image.
  private static func compare(
    _ module: GraphModule, _ network: any FileNetwork, _ preprocessing: Preprocessing, _ device: Device
  ) throws {
    try Torch.withoutGradient {
      for count in [3, 1] {
        let shape = [count, preprocessing.channels, preprocessing.height, preprocessing.width]
        let images = try Tensor.uniform(0..<1, shape: shape, using: Generator(seed: 3))
        let input = try preprocessing.normalized(images).to(module.type ?? .float32, device)
        guard case .tensor(let own) = try module.forward(input) else { continue }
        let ours = try own.doubles()
        // Of what was exported for one image alone the answers for one are right.
        let answers =
          network.inputShape.first == 1
          ? try (0..<count).map { try network.answer(input[$0..<$0 + 1]) } : [try network.answer(input)]
        let theirs = try answers.flatMap { try $0.doubles() }
        let tolerance = 1e-4 * (theirs.map(abs).max() ?? 0)
        guard ours.count == theirs.count,
          zip(ours, theirs).allSatisfy({ abs($0 - $1) <= tolerance || ($0.isNaN && $1.isNaN) })
        else { throw GraphImport.Obstacle(reason: "answers otherwise when its operators are called one by one") }
      }
    }
  }
}

extension Interpreter {
  /// The linear layer that the graph ends in.
  package var head: LinearHead? {
    get throws {
      guard let linear = graph.nodes[graph.answer.node].linear else { return nil }
      return LinearHead(weight: try parameter(linear.weight), bias: try linear.bias.map(parameter))
    }
  }
}
