import Tensors

/// The gradients of one recorded forward pass, which is kept until every class has been asked for.
final class RecordedGradients: ClassAttributions {
  private let images: Tensor
  private let factor: Tensor?
  let logits: Tensor

  /// - Parameters:
  ///   - forward: from images to logits.
  ///   - factor: what gradients are multiplied with.
  /// - Throws: ``ClassifierError/noGradient``
  init(_ images: Tensor, times factor: Tensor? = nil, _ forward: (Tensor) throws -> Tensor) throws {
    self.images = try images.variable()
    self.factor = factor
    logits = try forward(self.images)
    guard logits.requiresGradient else { throw ClassifierError.noGradient }
  }

  func values(
    for turns: [[Int]], progress: (Double) -> Void, _ take: (_ turn: Int, _ values: Tensor) throws -> Void
  ) throws {
    for (turn, classes) in turns.enumerated() {
      try Task.checkCancellation()
      try take(turn, gradient(seed: Tensor(oneHot: classes, like: logits)))
      progress(Double(turn + 1) / Double(turns.count))
    }
  }

  /// The gradient of Σ seed · logits, times the factor.
  func gradient(seed: Tensor) throws -> Tensor {
    guard let gradient = try logits.gradients(seed: seed, of: [images], retaining: true)[0] else {
      throw ClassifierError.noGradient
    }
    return try factor.map { try gradient * $0 } ?? gradient
  }
}

extension Tensor {
  /// A tensor [N, K] of the shape, type and device of `logits`: row i is `weights[i]`, by default 1, at `classes[i]` and 0
  /// elsewhere.
  @TorchActor init(oneHot classes: [Int], weights: [Double]? = nil, like logits: Tensor) throws {
    let classCount = logits.shape[1]
    var values = [Double](repeating: 0, count: classes.count * classCount)
    for (row, chosen) in classes.enumerated() { values[row * classCount + chosen] = weights?[row] ?? 1 }
    self = try Tensor(values, shape: logits.shape).to(logits.type ?? .float32, logits.device)
  }
}
