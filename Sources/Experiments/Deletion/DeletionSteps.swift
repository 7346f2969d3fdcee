import Maps
import Rasters
import Tensors

/// The pixels of one image deleted step by step in the order of a map, and what the classifier then answers.
package struct DeletionSteps: Sendable {
  /// Steps of a twentieth of the pixels.
  package static let fractions = (0...20).map { Double($0) / 20 }

  /// From which step on each pixel is deleted, row-major; ``never`` for pixels without saliency.
  package let steps: [UInt8]
  /// How many pixels are deleted at each step.
  package let deleted: [Int]

  package static let never: UInt8 = 255

  /// - Parameter map: without negative values. Ties go to the lower index, and pixels without saliency are never deleted.
  package init(_ map: Raster<Float>) {
    let values = map.values
    let order = values.indices.filter { values[$0] > 0 }.sorted { (-values[$0], $0) < (-values[$1], $1) }
    deleted = Self.fractions.map { Ranking.count($0, of: values.count, available: order.count) }
    var steps = [UInt8](repeating: Self.never, count: values.count)
    var step = 0
    for (place, pixel) in order.enumerated() {
      while step < deleted.count, deleted[step] <= place { step += 1 }
      if step < deleted.count { steps[pixel] = UInt8(step) }
    }
    self.steps = steps
  }

  /// The answers at every step.
  ///
  /// - Parameter image: what the classifier saw, in 0…1.
  /// - Throws: `TorchError`, ``ClassifierError``, `CancellationError`.
  @TorchActor package func answers(
    _ image: Raster<Float>, _ replacement: Replacement, _ classifier: any Classifier,
    progress: (Double) -> Void = { _ in }
  ) throws -> [Prediction] {
    // Where a map has run out of pixels the image stays the same.
    let different = deleted.indices.filter { $0 == 0 || deleted[$0] != deleted[$0 - 1] }
    let masks = different.map { step in steps.map { $0 <= step } }
    let found = try Self.answers(image, masks, replacement, classifier, progress: progress)
    return deleted.indices.map { step in found[different.count { $0 <= step } - 1] }
  }

  /// The answers for an image of which some pixels are replaced: one for each mask, which is true where they are.
  @TorchActor package static func answers(
    _ image: Raster<Float>, _ masks: [[Bool]], _ replacement: Replacement, _ classifier: any Classifier,
    progress: (Double) -> Void = { _ in }
  ) throws -> [Prediction] {
    let own = try Preprocessing.image(from: image).to(classifier.device)
    let values = try replacement.values(for: own)
    var predictions: [Prediction] = []
    for part in masks.batches(of: atOnce) {
      try Task.checkCancellation()
      let marks = try Tensor(
        part.flatMap { $0.map { UInt8($0 ? 1 : 0) } }, shape: [part.count, 1, image.height, image.width]
      ).to(classifier.device)
      let zero = try Tensor(repeating: 0, shape: [], type: .uint8, device: classifier.device)
      let changed = try Tensor.choose(values, where: marks.isGreater(than: zero), otherwise: own)
      let logits = try Torch.withoutGradient { try classifier.logits(changed) }
      let scores = try logits.floats()
      guard scores.allSatisfy(\.isFinite) else { throw ClassifierError.notFinite(what: "logits") }
      predictions += scores.batches(of: logits.shape[1]).map { Prediction(logits: Array($0)) }
      progress(Double(predictions.count) / Double(masks.count))
    }
    return predictions
  }

  /// Few enough that cancelling is quick.
  private static let atOnce = 8
}
