import Foundation
import Maps
import Tensors

/// What a script's outputs are, and how they become logits.
enum ScriptScale: Sendable, Equatable {
  case logits
  /// Of a softmax: ln p.
  case probabilities
  /// Of a log-softmax: as they are, for the softmax of ln p is p.
  case logProbabilities
  /// Of a sigmoid, one per image: ln(p / (1 − p)).
  case singleProbability

  /// Judges the outputs for the trial images.
  ///
  /// - Parameters:
  ///   - rows: a row per image.
  ///   - bright: the outputs for far brighter images, where there is one per image.
  init(rows: [[Double]], bright: () throws -> [Double]) rethrows {
    func inUnitInterval(_ values: [Double]) -> Bool { values.allSatisfy { (0...1).contains($0) } }
    if rows[0].count > 1 {
      switch OutputScale(rows: rows) {
      case .probabilities: self = .probabilities
      case .logProbabilities: self = .logProbabilities
      case .logits: self = .logits
      }
    } else {
      // A few logits may lie in 0…1 by chance, but not those of far brighter images as well.
      self = try inUnitInterval(rows.joined() + []) && inUnitInterval(bright()) ? .singleProbability : .logits
    }
  }

  /// The activation that makes such outputs of logits.
  var activation: ScriptModule.Activation? {
    switch self {
    case .logits: nil
    case .probabilities: .softmax
    case .logProbabilities: .logSoftmax
    case .singleProbability: .sigmoid
    }
  }

  /// What to tell of it.
  var warning: ScriptWarning? {
    switch self {
    case .logits: nil
    case .probabilities: .probabilities
    case .logProbabilities: .logProbabilities
    case .singleProbability: .singleProbability
    }
  }

  /// The logits of outputs [N, K].
  @TorchActor func logits(_ outputs: Tensor) throws -> Tensor {
    // Probabilities that are zero to rounding have no logarithm, and no gradient.
    func logarithm(_ p: Tensor) throws -> Tensor {
      let least = try Tensor(repeating: Double(Float.leastNormalMagnitude), shape: [1]).to(p.type ?? .float32).to(
        p.device)
      return try Tensor.maximum(p, least).logarithm()
    }
    return switch self {
    case .logits, .logProbabilities: outputs
    case .probabilities: try logarithm(outputs)
    case .singleProbability: try logarithm(outputs) - logarithm(outputs * -1 + 1)
    }
  }
}

extension ScriptModule.Activation {
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
