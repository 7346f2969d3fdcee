import Foundation
import Maps
import Tensors

/// What a script's outputs are where they are no logits, and how they become logits: of a softmax ln p, of a log-softmax as they are,
/// for the softmax of ln p is p, and of a sigmoid, one per image, ln(p / (1 − p)).
extension ScriptModule.Activation {
  /// Judges the outputs for the trial images; nil for logits.
  ///
  /// - Parameters:
  ///   - rows: a row per image.
  ///   - bright: the outputs for far brighter images, where there is one per image.
  init?(outputs rows: [[Double]], bright: () throws -> [Double]) rethrows {
    func inUnitInterval(_ values: [Double]) -> Bool { values.allSatisfy { (0...1).contains($0) } }
    if rows[0].count > 1 {
      switch OutputScale(rows: rows) {
      case .probabilities: self = .softmax
      case .logProbabilities: self = .logSoftmax
      case .logits: return nil
      }
    } else {
      // A few logits may lie in 0…1 by chance, but not those of far brighter images as well.
      guard try inUnitInterval(rows.joined() + []) && inUnitInterval(bright()) else { return nil }
      self = .sigmoid
    }
  }

  /// What to tell of outputs of which the logits cannot be had.
  var warning: ScriptWarning {
    switch self {
    case .softmax: .probabilities
    case .logSoftmax: .logProbabilities
    case .sigmoid: .singleProbability
    }
  }

  /// The logits of outputs [N, K].
  @TorchActor func logits(_ outputs: Tensor) throws -> Tensor {
    // Probabilities that are zero to rounding have no logarithm, and no gradient.
    func logarithm(_ p: Tensor) throws -> Tensor {
      let least = try Tensor(
        repeating: Double(Float.leastNormalMagnitude), shape: [1], type: p.type ?? .float32, device: p.device)
      return try Tensor.maximum(p, least).logarithm()
    }
    return switch self {
    case .softmax: try logarithm(outputs)
    case .logSoftmax: outputs
    case .sigmoid: try logarithm(outputs) - logarithm(outputs * -1 + 1)
    }
  }

  /// What it makes of a row of logits.
  func applied(to row: [Double]) -> [Double] {
    let highest = row.max() ?? 0
    let sum = row.reduce(0) { $0 + exp($1 - highest) }
    return switch self {
    case .softmax: row.map { exp($0 - highest) / sum }
    case .logSoftmax: row.map { $0 - highest - log(sum) }
    case .sigmoid: row.map { 1 / (1 + exp(-$0)) }
    }
  }
}
