import Tensors

/// The gradient times the image: I ⊙ ∂S_c/∂I, what each element contributes to the logit if the classifier were linear.
///
/// A. Shrikumar, P. Greenside, A. Shcherbina, A. Kundaje, *Not Just a Black Box*, 2016. Values have the unit of logits, and
/// their sign means evidence for or against the class. A black element, 0, always gets 0. The cost is the gradient's.
public struct GradientXInput: Attribution {
  public let name = "gradient-x-input"
  public let sign: Sign? = .evidence

  public nonisolated init() {}

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    try RecordedGradients(batch.images, times: batch.images, classifier.logits)
  }
}
