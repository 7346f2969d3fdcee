import Tensors

/// What is left of the gradient when noise is added to the image: its mean over samples, the mean of its squares, or its
/// variance.
///
/// D. Smilkov, N. Thorat, B. Kim, F. Viégas, M. Wattenberg, *SmoothGrad: removing noise by adding noise*, 2017; the variance
/// (VarGrad) is by J. Adebayo and others, *Local Explanation Methods for Deep Neural Networks Lack Sensitivity to Parameter
/// Values*, 2018. The noise is normal with σ = level × (max − min) of the image; noisy images are not clipped to 0…1. A
/// constant image gets no noise. The mean has the gradient's unit and sign, the other two its unit squared and no sign.
///
/// **Cost.** For each sample one forward pass, shared by all classes, and one backward pass per class. The noise depends on the
/// seed, the image's index and the sample alone.
public struct SmoothGrad: Attribution {
  public enum Statistic: Sendable {
    case mean
    /// SmoothGrad squared.
    case meanOfSquares
    /// VarGrad.
    case variance
  }

  public nonisolated let statistic: Statistic
  public nonisolated var samples: Int
  /// σ as a share of the range of the image.
  public nonisolated var noiseLevel: Double
  public nonisolated var seed: UInt64
  /// Standard normal numbers of the shape [C, H, W] for an image's index and a sample.
  var noise: @Sendable @TorchActor (_ seed: UInt64, _ image: Int, _ sample: Int, _ shape: [Int]) throws -> Tensor = {
    seed, image, sample, shape in
    var random = SplitMix64(seed: seed, image: image, pass: sample)
    return try .normal(deviation: 1, shape: shape, using: Generator(seed: random.next()))
  }

  public nonisolated var name: String {
    switch statistic {
    case .mean: "smoothgrad"
    case .meanOfSquares: "smoothgrad-squared"
    case .variance: "vargrad"
    }
  }

  public nonisolated var sign: Sign? { statistic == .mean ? .brightness : nil }

  public nonisolated var settings: [String: String] {
    ["samples": "\(samples)", "noise-level": "\(noiseLevel)", "seed": "\(seed)"]
  }

  public nonisolated func configured(by options: MethodOptions) -> Self {
    var configured = self
    (configured.samples, configured.noiseLevel, configured.seed) = (options.samples, options.noiseLevel, options.seed)
    return configured
  }

  public nonisolated var passes: Int { samples }

  public nonisolated init(
    _ statistic: Statistic = .mean, samples: Int = 25, noiseLevel: Double = 0.15, seed: UInt64 = 0
  ) {
    self.statistic = statistic
    self.samples = samples
    self.noiseLevel = noiseLevel
    self.seed = seed
  }

  public nonisolated func check(_ classifier: any Classifier) throws {
    guard samples >= 1 else { throw MethodError.tooFew("samples of \(name)", least: 1) }
    guard noiseLevel >= 0, noiseLevel.isFinite else { throw MethodError.noiseLevel(noiseLevel) }
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let images = batch.images
    let shape = Array(images.shape.dropFirst())
    let flat = try images.reshaped([images.shape[0], -1])
    let deviations = try ((flat.max(axis: 1).values - flat.min(axis: 1).values) * noiseLevel)
      .reshaped([-1, 1, 1, 1, 1])
    let first: (Tensor) throws -> Tensor = { $0 }
    let second: (Tensor) throws -> Tensor = { try $0 * $0 }
    let share = 1 / Double(samples)
    return try PassSums(
      batch, classifier, weights: Array(repeating: 1, count: samples),
      terms: statistic == .mean ? [first] : statistic == .meanOfSquares ? [second] : [first, second],
      // E g² − (E g)² is a small difference of large numbers.
      sumType: statistic == .variance ? .float64 : nil
    ) { [noise, seed] chunk in
      let drawn = try Tensor.concatenate(
        chunk.images.flatMap { image in
          try chunk.passes.map { try noise(seed, batch.indices[image], $0, shape).reshaped([1] + shape) }
        }
      ).to(images.type ?? .float32, images.device).reshaped([chunk.images.count, chunk.passes.count] + shape)
      let noisy = try images[chunk.images].withPasses() + drawn * deviations[chunk.images]
      return try RecordedGradients(noisy.joiningPasses(), classifier.logits)
    } finish: { [statistic] sums in
      guard statistic == .variance else { return try sums[0] * share }
      let mean = try sums[0] * share
      return try (sums[1] * share - mean * mean).relu()
    }
  }
}
