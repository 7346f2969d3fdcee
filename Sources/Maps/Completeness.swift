import Tensors

/// Whether an image's values for the explained class c add up to S_c(image) − S_c(baseline), as integrated gradients and
/// DeepLIFT promise.
public struct Completeness: Sendable, Equatable {
  public let attribution: String
  /// The sum of all values.
  public let sum: Double
  /// S_c(image) − S_c(baseline).
  public let difference: Double

  /// What the values have too much.
  public var gap: Double { sum - difference }

  /// One for every image; nil for an attribution without baseline.
  @TorchActor static func all(
    _ work: any ClassAttributions, values: Tensor, classes: [Int], attribution: String
  ) throws -> [Completeness]? {
    guard let baseline = work.baselineLogits else { return nil }
    let classCount = baseline.shape[1]
    let (own, reference) = (try work.logits.doubles(), try baseline.doubles())
    let sums = try values.to(.float64).sum([1, 2, 3]).doubles()
    return classes.indices.map { image in
      let row = baseline.shape[0] == 1 ? 0 : image
      return Completeness(
        attribution: attribution, sum: sums[image],
        difference: own[image * classCount + classes[image]] - reference[row * classCount + classes[image]])
    }
  }
}
