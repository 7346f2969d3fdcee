import Tensors

/// Integrated gradients, averaged over baselines that are drawn from other images, with one point of each line.
///
///     E_{b, α} [(I − b) ⊙ ∂S_c/∂I (b + α (I − b))],   b from the baselines, α uniform in 0…1
///
/// G. Erion, J. D. Janizek, P. Sturmfels, S. M. Lundberg, S.-I. Lee, *Improving performance of deep learning models with
/// axiomatic attribution priors and expected gradients*, 2021. Values have the unit of logits, and their sign means evidence for
/// or against the class. Their expected sum is S_c(I) less the mean of S_c over the baselines; with finitely many samples it
/// scatters around that.
///
/// **Cost.** For each sample one forward pass, shared by all classes, and one backward pass per class. The draws depend on the
/// seed, the image's index and the sample alone.
public struct ExpectedGradients: Attribution {
  public nonisolated let name = "expected-gradients"
  public let sign: Sign? = .evidence
  /// How many pairs of a baseline and a place on the line to it are drawn for each image.
  public nonisolated var samples: Int
  /// nil: none yet, which ``check(_:)`` refuses.
  public nonisolated var baselines: BaselineImages?
  public nonisolated var seed: UInt64
  /// A baseline's number below `count` and α, for an image's index and a sample.
  var draw: @Sendable (_ seed: UInt64, _ image: Int, _ sample: Int, _ count: Int) -> (baseline: Int, alpha: Double) = {
    seed, image, sample, count in
    var random = SplitMix64(seed: seed, image: image, pass: sample)
    return (Int.random(in: 0..<count, using: &random), Double.random(in: 0..<1, using: &random))
  }

  public nonisolated var settings: [String: String] {
    ["samples": "\(samples)", "baselines": baselines?.name ?? "none", "seed": "\(seed)"]
  }

  public nonisolated func configured(by options: MethodOptions) -> Self {
    Self(samples: options.samples, baselines: options.baselines, seed: options.seed)
  }

  public nonisolated var passes: Int { samples }

  public nonisolated init(samples: Int = 25, baselines: BaselineImages? = nil, seed: UInt64 = 0) {
    self.samples = samples
    self.baselines = baselines
    self.seed = seed
  }

  public nonisolated func check(_ classifier: any Classifier) throws {
    guard samples >= 1 else { throw MethodError.tooFew("samples of \(name)", least: 1) }
    try drawn().check(classifier.preprocessing)
  }

  private nonisolated func drawn() throws -> BaselineImages {
    guard let baselines, baselines.images.count > 0 else { throw MethodError.noBaselines(name) }
    return baselines
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let (images, type) = (batch.images, batch.images.type ?? .float32)
    let baselines = try drawn().images
    let weights = Array(repeating: 1 / Double(samples), count: samples)
    return try PassSums(batch, classifier, weights: weights) { [draw, seed] chunk in
      let draws = chunk.images.flatMap { image in
        chunk.passes.map { draw(seed, batch.indices[image], $0, baselines.count) }
      }
      let drawn = try baselines.images(draws.map(\.baseline), type: type, device: images.device)
      let alpha = try Tensor(draws.map(\.alpha), shape: [draws.count, 1, 1, 1]).to(type, images.device)
      let own = try images[chunk.images].withPasses()
        .expanded([chunk.images.count, chunk.passes.count] + images.shape.dropFirst()).joiningPasses()
      let difference = try own - drawn
      return try RecordedGradients(drawn + difference * alpha, times: difference, classifier.logits)
    } finish: {
      $0[0]
    }
  }
}
