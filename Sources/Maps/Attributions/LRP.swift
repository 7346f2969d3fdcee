import Tensors

/// Layer-wise relevance propagation: the logit is handed back layer by layer, each sharing out what it was given among its inputs by
/// what they added to its sums.
///
/// S. Bach and others, *On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation*, 2015. How
/// a layer shares is for ``RelevanceRules`` to say; activations hand all on, sums of branches share in proportion, products halve,
/// softmax and layer normalisation go by AttnLRP (R. Achtibat and others, 2024). Batch normalisation is folded first. Values have
/// the unit of logits, their sign means evidence for or against the class. They add up to the class's logit but for what biases and
/// ε take. Needs a ``LayeredClassifier``.
///
/// **Cost.** One forward pass, in which convolutions run three to five times by γ and z⁺, and one such backward pass per class.
public struct LRP: Attribution {
  public let name = "lrp"
  public let group = AttributionGroup.rules
  public let sign: Sign? = .evidence
  public nonisolated var rules: RelevanceRules

  public nonisolated var settings: [String: String] {
    [
      "composite": rules.composite?.rawValue ?? "by the network", "epsilon": "\(rules.epsilon)",
      "gamma": "\(rules.gamma)",
    ]
  }

  public nonisolated func configured(by options: MethodOptions) -> Self { Self(options.relevance) }

  public nonisolated init(_ rules: RelevanceRules = RelevanceRules()) { self.rules = rules }

  public nonisolated func check(_ classifier: any Classifier) throws {
    _ = try LayeredWork.ruled(classifier, for: name)
    guard rules.epsilon > 0, rules.epsilon.isFinite, rules.gamma >= 0, rules.gamma.isFinite else {
      throw MethodError.relevance(epsilon: rules.epsilon, gamma: rules.gamma)
    }
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let layered = try LayeredWork.ruled(classifier, for: name)
    let images = batch.images
    return try PassSums(batch, classifier, weights: [1], bytesPerPass: 4 * classifier.bytesPerImage) { chunk in
      let chosen = try images[chunk.images]
      let ones = try Tensor(
        repeating: 1, shape: chosen.shape, type: images.type ?? .float32, device: images.device)
      return try RecordedGradients(ones) { try layered.logits(chosen, rule: .relevance(rules, scale: $0)) }
    } finish: {
      $0[0]
    }
  }
}
