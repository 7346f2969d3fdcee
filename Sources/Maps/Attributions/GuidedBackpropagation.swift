import Tensors

/// The gradient, except that no activation lets anything negative flow back: guided backpropagation.
///
/// J. T. Springenberg, A. Dosovitskiy, T. Brox, M. Riedmiller, *Striving for Simplicity: The All Convolutional Net*, 2015.
/// At a ReLU with input x and the gradient g of its output, relu(g) where x > 0, and 0 elsewhere, flows on; at any other activation f,
/// in the same way, relu(g) · f'(x). Softmax and normalisation are no activations: through them the derivative flows, as in Captum.
/// Sign, unit and cost are the gradient's. Needs a ``LayeredClassifier`` with activations.
public struct GuidedBackpropagation: Attribution {
  public let name = "guided-backpropagation"
  public let group = AttributionGroup.rules
  public let sign: Sign? = .brightness

  public nonisolated init() {}

  public nonisolated func check(_ classifier: any Classifier) throws {
    guard try LayeredWork.layered(classifier, for: name).hasActivation else { throw MethodError.noActivation(name) }
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let layered = try LayeredWork.layered(classifier, for: name)
    return try RecordedGradients(batch.images) { try layered.logits($0, rule: .guided) }
  }
}

/// What the attributions share that need a classifier's layers.
enum LayeredWork {
  static func layered(_ classifier: any Classifier, for attribution: String) throws -> any LayeredClassifier {
    guard let layered = classifier as? any LayeredClassifier else { throw MethodError.needsLayers(attribution) }
    return layered
  }

  /// The same for rules that must reach through every operator.
  static func ruled(_ classifier: any Classifier, for attribution: String) throws -> any LayeredClassifier {
    let layered = try layered(classifier, for: attribution)
    if let name = layered.unruledOperator { throw MethodError.unruledOperator(attribution, name) }
    return layered
  }
}
