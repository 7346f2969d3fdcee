import Tensors

/// The plain gradient ∂S_c/∂I of a class's logit with respect to the image.
///
/// K. Simonyan, A. Vedaldi, A. Zisserman, *Deep Inside Convolutional Networks*, 2013. Values have the unit of logit per
/// unit of brightness: positive where brighter pixels raise the logit, negative where darker ones do. One forward pass,
/// shared by all classes, and one backward pass per class, or, for many classes of a classifier that ends in a linear layer, one
/// per feature (``FeatureClassifier``).
public struct Gradient: Attribution {
  public let name = "gradient"
  public let sign: Sign? = .brightness

  public nonisolated init() {}

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    try FeatureGradients.begin(batch, classifier)
  }
}
