import Foundation

/// A classifier's answer for one image.
public struct Prediction: Sendable, Equatable {
  /// One score per class, before the softmax.
  public let logits: [Float]

  /// The softmax of the logits: one number in 0…1 per class; they sum to 1.
  public let probabilities: [Float]

  /// The classes from most to least probable; the lower index first among equals.
  public let ranking: [Int]

  /// argmax_c S_c(I), eq. 1 of the paper.
  public var predictedClass: Int { ranking[0] }

  /// - Precondition: there is at least one logit.
  public init(logits: [Float]) {
    precondition(!logits.isEmpty, "a prediction needs at least one class")
    self.logits = logits
    let highest = Double(logits.max() ?? 0)
    let weights = logits.map { exp(Double($0) - highest) }
    let total = weights.reduce(0, +)
    probabilities = weights.map { Float($0 / total) }
    ranking = logits.indices.sorted { (-logits[$0], $0) < (-logits[$1], $1) }
  }
}
