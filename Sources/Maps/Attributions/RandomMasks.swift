import Tensors

/// How much the logit rises where random masks keep the image: RISE's masks, and the slope of the logit on the mask at each pixel.
///
///     Σ_j (M_j − M̄) S_c(I ⊙ M_j + b ⊙ (1 − M_j)) / Σ_j (M_j − M̄)²
///
/// V. Petsiuk, A. Das, K. Saenko, *RISE: Randomized Input Sampling for Explanation of Black-box Models*, 2018. A mask M_j is a
/// grid of cells, each kept (1) with the given probability or else hidden (0), enlarged bilinearly and shifted at random by
/// less than a cell. RISE itself averages the masks weighted by the class's probability, E[p_c M] / E[M]: all of it is
/// positive, and a pixel without any influence gets the mean probability. Taking the mean M̄ off and the logit for the probability
/// gives such a pixel about 0, and evidence against the class a negative value. Values are the same in all channels, have the unit of
/// logits, and their sign means evidence for or against the class. No gradient is needed. Where all masks are alike, the value is 0.
///
/// **Cost.** One forward pass for each mask, which answers for all classes. The masks depend on the seed and the image's index alone.
public struct RandomMasks: Attribution {
  public let name = "rise"
  public let group = AttributionGroup.masks
  public let sign: Sign? = .evidence
  /// How many masks.
  public nonisolated var masks: Int
  /// The cells along each side.
  public nonisolated var cells: Int
  /// Of a cell to be kept.
  public nonisolated var probability: Double
  public nonisolated var baseline: Baseline
  public nonisolated var seed: UInt64

  public nonisolated var settings: [String: String] {
    [
      "masks": "\(masks)", "mask-cells": "\(cells)", "mask-probability": "\(probability)",
      "baseline": baseline.description, "seed": "\(seed)",
    ]
  }

  public nonisolated func configured(by options: MethodOptions) -> Self {
    Self(
      masks: options.masks, cells: options.maskCells, probability: options.maskProbability, baseline: options.baseline,
      seed: options.seed)
  }

  public nonisolated var passes: Int { masks }

  public nonisolated init(
    masks: Int = 1000, cells: Int = 7, probability: Double = 0.5, baseline: Baseline = .black, seed: UInt64 = 0
  ) {
    self.masks = masks
    self.cells = cells
    self.probability = probability
    self.baseline = baseline
    self.seed = seed
  }

  public nonisolated func check(_ classifier: any Classifier) throws {
    guard masks >= 2 else { throw MethodError.tooFew("masks of \(name)", least: 2) }
    guard probability > 0, probability < 1 else { throw MethodError.maskProbability(probability) }
    let input = classifier.preprocessing
    let most = max(1, min(input.height, input.width))
    guard (1...most).contains(cells) else { throw MethodError.maskCells(cells, most: most) }
    try baseline.check(input)
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    let (height, width) = (batch.images.shape[2], batch.images.shape[3])
    let (type, device) = (batch.images.type ?? .float32, batch.images.device)
    let atOnce = max(1, min(masks, batch.memory / 4 / (4 * height * width)))
    @TorchActor func drawn(_ image: Int, _ passes: Range<Int>) throws -> Tensor {
      try .concatenate(passes.map { try mask(batch.indices[image], $0, height: height, width: width) })
    }
    return try MaskedPasses(batch, classifier, baseline: baseline, count: masks, masks: drawn) { image, losses in
      let centred = try losses.mean([1], keepingAxes: true) - losses
      let zero = try Tensor(repeating: 0, shape: [1, height * width], type: type, device: device)
      var (covariance, sum, squares) = (zero, zero, zero)
      for passes in (0..<masks).batches(of: atOnce) {
        // Less their expected value, so that their sums stay small.
        let masks = try drawn(image, passes).to(type, device).reshaped([passes.count, -1]) + -probability
        covariance = try covariance + centred.slice(axis: 1, passes).linear(weight: masks.permuted([1, 0]))
        sum = try sum + masks.sum([0])
        squares = try squares + (masks * masks).sum([0])
      }
      let variance = try squares - sum * sum * (1 / Double(masks))
      let varies = try variance.isGreater(than: zero + 1e-6)
      return try .choose(covariance / variance, where: varies, otherwise: zero)
        .reshaped([losses.shape[0], height, width])
    }
  }

  /// One mask of an image, by the image's index: [1, 1, H, W].
  func mask(_ image: Int, _ number: Int, height: Int, width: Int) throws -> Tensor {
    var random = SplitMix64(seed: seed, image: image, pass: number)
    let grid: [Float] = (0..<cells * cells).map { _ in Double.random(in: 0..<1, using: &random) < probability ? 1 : 0 }
    let cell = (height: (height + cells - 1) / cells, width: (width + cells - 1) / cells)
    let (top, left) = (Int.random(in: 0..<cell.height, using: &random), Int.random(in: 0..<cell.width, using: &random))
    return try Tensor(grid, shape: [1, 1, cells, cells])
      .resized(height: (cells + 1) * cell.height, width: (cells + 1) * cell.width)
      .slice(axis: 2, top..<top + height).slice(axis: 3, left..<left + width)
  }
}
