import Tensors

/// The gradient, averaged along the straight line from a baseline b to the image, times the difference of the two.
///
///     (I − b) ⊙ ∫₀¹ ∂S_c/∂I (b + α (I − b)) dα
///
/// M. Sundararajan, A. Taly, Q. Yan, *Axiomatic Attribution for Deep Networks*, 2017. Values have the unit of logits, and their
/// sign means evidence for or against the class. With the exact integral they add up to S_c(I) − S_c(b); what is missing
/// with finitely many steps is the completeness gap (``Completeness``).
///
/// **Cost.** For each step one forward pass, shared by all classes, and one backward pass per class.
public struct IntegratedGradients: Attribution {
  public let name = "integrated-gradients"
  public let sign: Sign? = .evidence
  /// At how many points of the line the gradient is taken.
  public nonisolated var steps: Int
  public nonisolated var quadrature: Quadrature
  public nonisolated var baseline: Baseline

  public nonisolated var settings: [String: String] {
    ["steps": "\(steps)", "quadrature": quadrature.rawValue, "baseline": baseline.description]
  }

  public nonisolated func configured(by options: MethodOptions) -> Self {
    Self(steps: options.steps, quadrature: options.quadrature, baseline: options.baseline)
  }

  public nonisolated var passes: Int { steps }

  public nonisolated init(steps: Int = 50, quadrature: Quadrature = .gaussLegendre, baseline: Baseline = .black) {
    self.steps = steps
    self.quadrature = quadrature
    self.baseline = baseline
  }

  public nonisolated func check(_ classifier: any Classifier) throws {
    try quadrature.check(steps)
    try baseline.check(classifier.preprocessing)
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let images = batch.images
    let baseline = try baseline.values(for: images)
    let difference = try images - baseline
    let (points, weights) = quadrature.rule(steps)
    return try PassSums(batch, classifier, baseline: baseline, weights: weights) { chunk in
      let alpha = try Tensor(Array(points[chunk.passes]), shape: [1, chunk.passes.count, 1, 1, 1])
        .to(images.type ?? .float32, images.device)
      let line = try baseline.rows(chunk.images).withPasses() + difference[chunk.images].withPasses() * alpha
      return try RecordedGradients(line.joiningPasses(), classifier.logits)
    } finish: {
      try $0[0] * difference
    }
  }
}

extension Tensor {
  /// [N, C, H, W] → [N, 1, C, H, W]
  func withPasses() throws -> Tensor { try reshaped([shape[0], 1] + shape.dropFirst()) }

  /// [N, passes, C, H, W] → [N · passes, C, H, W]
  func joiningPasses() throws -> Tensor { try reshaped([shape[0] * shape[1]] + shape.dropFirst(2)) }
}
