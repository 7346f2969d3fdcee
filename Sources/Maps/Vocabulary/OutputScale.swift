import Foundation

/// What the numbers are that a model gives its classes, as far as rows of them tell.
public enum OutputScale: Sendable, Equatable {
  /// Scores without a bound, as the maps want them.
  case logits
  /// Not negative, and every row sums to 1: a softmax.
  case probabilities
  /// Logarithms of those: a log-softmax.
  case logProbabilities

  /// - Parameter rows: the model's outputs, one row per image; with fewer than two outputs they are taken for logits.
  public init(rows: [[Double]]) {
    func areProbabilities(_ rows: [[Double]]) -> Bool {
      rows.allSatisfy { row in
        row.count > 1 && row.allSatisfy { (0...1).contains($0) } && abs(row.reduce(0, +) - 1) < 1e-3
      }
    }
    self =
      areProbabilities(rows)
      ? .probabilities : areProbabilities(rows.map { $0.map(exp) }) ? .logProbabilities : .logits
  }
}
