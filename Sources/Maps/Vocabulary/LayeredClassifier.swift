import Tensors

/// A classifier whose layers are known, so that gradients can flow back through them by other rules than the derivative's.
@TorchActor public protocol LayeredClassifier: Classifier {
  /// Whether there is a ReLU among the layers.
  nonisolated var hasReLU: Bool { get }

  /// An operator that is neither linear nor one that the rules have an answer for, such as `aten::gelu`: what flows back through
  /// it is the derivative's, so that no rule holds for the whole. Nil if there is none.
  nonisolated var unruledOperator: String? { get }

  /// The logits [N, K] of images [N, C, H, W], up to rounding those of `logits(_:)`, with gradients by `rule`.
  ///
  /// - Throws: ``TorchError`` when memory runs out.
  func logits(_ images: Tensor, rule: GradientRule) throws -> Tensor

  /// The same classifier computing in ``Precision/mixed``, for answers without gradients.
  func inMixedPrecision() throws -> any Classifier
}

/// How gradients flow back through the layers that are not linear.
public enum GradientRule {
  /// Through a ReLU only what is positive, and only where its input is: guided backpropagation.
  case guided

  /// Through a ReLU times Δoutput / Δinput, Δ being the difference from what the baseline gives; through a max pooling
  /// in a like way: DeepLIFT's rescale rule. Where Δinput is zero, the derivative.
  ///
  /// A gradient g by this rule and the baseline b satisfy Σ g · (image − b) = S(image) − S(b) for every logit S.
  ///
  /// - Parameter baseline: [N, C, H, W], or [1, C, H, W] for all images.
  case rescale(baseline: Tensor)
}
