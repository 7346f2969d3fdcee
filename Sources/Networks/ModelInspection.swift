import Foundation
import Maps
import Tensors

/// What a model file is, and what can be done with the network in it.
public struct ModelInspection: Sendable {
  /// The format and who wrote it.
  public let format: String
  /// How pictures become its input.
  public let preprocessing: Preprocessing
  /// The number of its classes.
  public let classes: Int
  /// The number of scalars in all of its weights, and of tensors that they are in; nil where the layers are not known.
  public let parameters: (scalars: Int, tensors: Int)?
  /// Its operators without `aten::`, and how often it calls each, the most frequent first; empty where the layers are not known.
  public let operators: [(name: String, count: Int)]
  /// Why its layers are not known, as the end of a sentence that begins with “the model”.
  public let obstacle: String?
  /// Whether it has activations, which the gradient rules (guided backpropagation, DeepLIFT) are about.
  public let hasActivation: Bool
  /// The operator through which the gradient rules do not reach; nil if they reach through all.
  public let unruledOperator: String?
  public let warnings: [ScriptWarning]

  /// Opens a model and looks at it.
  ///
  /// - Parameters:
  ///   - nameOrPath: as for ``ModelChoice/open(_:settings:device:)``.
  ///   - settings: what the file does not say; only the size matters here.
  /// - Throws: ``ModelChoiceError``.
  @TorchActor public init(_ nameOrPath: String, settings: ScriptSettings = ScriptSettings()) throws {
    let opened = try ModelChoice.open(nameOrPath, settings: settings)
    let classifier = opened.classifier
    preprocessing = classifier.preprocessing
    classes = classifier.labels.count
    warnings = opened.warnings
    let graph: Graph?
    switch classifier {
    case let network as Network:
      let kind = SafeTensors.recognizes(opened.file) ? "safetensors" : "PyTorch state dictionary"
      format = "\(kind) of \(network.information.architecture.title)"
      graph = network.information.graph
    case let network as ImportedNetwork: (format, graph) = (network.origin, network.graph)
    default: (format, graph) = ((classifier as? ScriptClassifier)?.origin ?? "TorchScript", nil)
    }
    obstacle = (classifier as? ScriptClassifier)?.obstacle
    parameters = graph.map { Self.size($0.parameters.map(\.shape)) }
    operators = graph.map(Self.count) ?? []
    hasActivation = graph?.hasActivation ?? false
    unruledOperator = graph?.unruledOperator
  }

  private static func size(_ shapes: [[Int]]) -> (scalars: Int, tensors: Int) {
    (shapes.reduce(0) { $0 + $1.reduce(1, *) }, shapes.count)
  }

  private static func count(_ graph: Graph) -> [(name: String, count: Int)] {
    let names = graph.nodes.dropFirst().map { $0.operation.replacing("aten::", with: "") }
    return Dictionary(grouping: names) { $0 }.map { (name: $0.key, count: $0.value.count) }
      .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }
}
