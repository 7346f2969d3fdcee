import Tensors

/// What the difference of each element from a baseline contributes to the difference of the logit: DeepLIFT's rescale rule.
///
/// A. Shrikumar, P. Greenside, A. Kundaje, *Learning Important Features Through Propagating Activation Differences*, 2017.
/// Every activation passes back Δoutput / Δinput instead of its derivative, Δ being the difference between image and baseline, and
/// products, softmax and normalisation share Δoutput out in a like way; the value is that multiplier times the element's own difference. Values have the unit of logits, their sign means evidence
/// for or against the class, and they add up to S_c(I) − S_c(baseline), exactly but for rounding. Needs a
/// ``LayeredClassifier``.
///
/// **Cost.** Two forward passes for the images, one or two for the baselines, and a backward pass per class; memory of about
/// three recorded images each, for as many as the bound allows at once.
public struct DeepLIFT: Attribution {
  public let name = "deeplift"
  public let group = AttributionGroup.rules
  public let sign: Sign? = .evidence
  public nonisolated var baseline: Baseline

  public nonisolated var settings: [String: String] { ["baseline": baseline.description] }

  public nonisolated func configured(by options: MethodOptions) -> Self { Self(baseline: options.baseline) }

  public nonisolated init(baseline: Baseline = .black) { self.baseline = baseline }

  public nonisolated func check(_ classifier: any Classifier) throws {
    _ = try LayeredWork.ruled(classifier, for: name)
    try baseline.check(classifier.preprocessing)
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let layered = try LayeredWork.ruled(classifier, for: name)
    let images = batch.images
    let baseline = try baseline.values(for: images)
    return try PassSums(
      batch, classifier, baseline: baseline, weights: [1],
      // The image, the baseline, and the multipliers.
      bytesPerPass: 3 * classifier.bytesPerImage
    ) { chunk in
      let reference = try baseline.rows(chunk.images)
      return try RecordedGradients(images[chunk.images]) {
        try layered.logits($0, rule: .rescale(baseline: reference))
      }
    } finish: {
      try $0[0] * (images - baseline)
    }
  }
}
