import Tensors

/// A classifier whose logits are a linear function of features: S = F Wᵀ + b.
///
/// With more classes than features the gradients of the features cost less than those of the classes, which are their product
/// with W.
@TorchActor public protocol FeatureClassifier: Classifier {
  /// How many features there are; nil where the classifier does not end in one linear layer after all.
  nonisolated var featureCount: Int? { get }

  /// The linear layer; nil where there are no features.
  var head: LinearHead? { get throws }

  /// The features F, [N, D] for images [N, C, H, W] in 0…1.
  ///
  /// - Throws: ``TorchError`` when memory runs out. To be called only where there are features.
  func features(_ images: Tensor) throws -> Tensor
}

/// A linear layer at the end of a classifier.
@TorchActor public struct LinearHead {
  /// [K, D]
  public let weight: Tensor
  /// [K]
  public let bias: Tensor?

  public init(weight: Tensor, bias: Tensor?) {
    self.weight = weight
    self.bias = bias
  }
}
