import Tensors

/// A classifier whose layers are known, so that gradients can flow back through them by other rules than the derivative's, and that
/// can say what a layer gives.
@TorchActor public protocol LayeredClassifier: Classifier {
  /// Whether there is an activation, such as a ReLU, among the layers.
  nonisolated var hasActivation: Bool { get }

  /// An operator that is neither linear nor one that the rules have an answer for, such as `aten::amax`: what flows back through
  /// it is the derivative's, so that no rule holds for the whole. Nil if there is none.
  nonisolated var unruledOperator: String? { get }

  /// The logits [N, K] of images [N, C, H, W], up to rounding those of `logits(_:)`, with gradients by `rule`.
  ///
  /// - Throws: ``TorchError`` when memory runs out.
  func logits(_ images: Tensor, rule: GradientRule) throws -> Tensor

  /// The layers whose results have a spatial extent, in the order in which they run; see ``NetworkLayer``.
  func spatialLayers() throws -> [NetworkLayer]

  /// What a layer gives for images [N, C, H, W] as a variable, and the logits as a function of it.
  ///
  /// - Parameter layer: one of ``spatialLayers()``.
  func activations(_ images: Tensor, at layer: NetworkLayer) throws -> (values: Tensor, logits: Tensor)

  /// The same classifier computing in ``Precision/mixed``, for answers without gradients.
  func inMixedPrecision() throws -> any Classifier
}

extension LayeredClassifier {
  /// None, for classifiers that do not tell.
  public func spatialLayers() throws -> [NetworkLayer] { [] }

  public func activations(_ images: Tensor, at layer: NetworkLayer) throws -> (values: Tensor, logits: Tensor) {
    throw MethodError.unknownLayer(layer.name, known: [])
  }
}

/// How gradients flow back through the layers that are not linear.
public enum GradientRule {
  /// Through an activation only what is positive, times the derivative: guided backpropagation.
  case guided

  /// Through a function of each element times Δoutput / Δinput, Δ being the difference from what the baseline gives, and through
  /// the other operators in a like way: DeepLIFT's rescale rule. Where Δinput is zero, the derivative.
  ///
  /// A gradient g by this rule and the baseline b satisfy Σ g · (image − b) = S(image) − S(b) for every logit S.
  ///
  /// - Parameter baseline: [N, C, H, W], or [1, C, H, W] for all images.
  case rescale(baseline: Tensor)

  /// So that the gradient with respect to `scale`, ones of the images' shape, is the relevance of every element by layer-wise relevance
  /// propagation. The logits do not change with it.
  case relevance(RelevanceRules, scale: Tensor)
}

/// How layer-wise relevance propagation goes back through convolutions and linear layers.
public struct RelevanceRules: Sendable, Equatable {
  /// Which rule for which layer.
  public enum Composite: String, Sendable, Codable, CaseIterable {
    /// The first convolution by the rule for bounded pixels (zᴮ), the other convolutions by γ, linear layers by ε.
    case epsilonGammaBox = "epsilon-gamma-box"
    /// Convolutions by z⁺, linear layers by ε.
    case epsilonPlus = "epsilon-plus"
    /// The first convolution flat, the others by z⁺, linear layers by ε.
    case epsilonPlusFlat = "epsilon-plus-flat"
    /// All by ε.
    case epsilon
    /// All by γ.
    case gamma
  }

  /// Nil: ``Composite/epsilonGammaBox``, or ``Composite/epsilon`` for a network with attention.
  public var composite: Composite?
  /// What is added to a sum, with its sign, before it is divided by.
  public var epsilon: Double
  /// By how much positive weights count more.
  public var gamma: Double

  public init(_ composite: Composite? = nil, epsilon: Double = 1e-6, gamma: Double = 0.25) {
    self.composite = composite
    self.epsilon = epsilon
    self.gamma = gamma
  }
}

/// A layer of a network whose result has a spatial extent.
public struct NetworkLayer: Sendable, Equatable {
  /// The name of its weights, or that of its operator and how many of that operator came before, such as `relu_4`.
  public let name: String
  /// Such as `aten::conv2d`.
  public let operation: String
  /// Where its result stands in the network.
  package let place: Int
  /// How its result [N, …] is a plane of features.
  public let plane: Plane
  /// The number of features, the height and the width of the plane.
  public let features: Int
  public let height: Int
  public let width: Int
  /// Whether the logits depend on more than one place of the plane. The last such layer is what ``CAM`` takes.
  public package(set) var reachesLogits: Bool

  public enum Plane: Sendable, Equatable {
    /// [N, K, h, w]
    case channelsFirst
    /// [N, h, w, K]
    case channelsLast
    /// [N, skipped + h · w, K]: tokens, the first of which stand for no place.
    case tokens(skipped: Int)
  }

  package init(
    name: String, operation: String, place: Int, plane: Plane, features: Int, height: Int, width: Int,
    reachesLogits: Bool
  ) {
    self.name = name
    self.operation = operation
    self.place = place
    self.plane = plane
    self.features = features
    self.height = height
    self.width = width
    self.reachesLogits = reachesLogits
  }

  /// The layer's result as [N, K, h, w].
  @TorchActor package func plane(of result: Tensor) throws -> Tensor {
    switch plane {
    case .channelsFirst: return result
    case .channelsLast: return try result.permuted([0, 3, 1, 2])
    case .tokens(let skipped):
      return try result.slice(axis: 1, skipped..<result.shape[1]).permuted([0, 2, 1])
        .reshaped([result.shape[0], features, height, width])
    }
  }
}
