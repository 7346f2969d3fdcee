import Tensors

/// What parts of an image do to every logit, from copies in which a mask M puts a baseline b in the place of parts:
/// I ⊙ M + b ⊙ (1 − M).
///
/// No gradient is needed, and one pass of a copy answers for all classes: what each logit loses by each mask is kept,
/// [N, masks, K], and of that the values of any class are made.
@TorchActor final class MaskedPasses: ClassAttributions {
  let logits: Tensor
  private let batch: ImageBatch
  private let classifier: any Classifier
  private let baseline: Tensor
  private let count: Int
  private let passesAtOnce: Int
  private let masks: (_ image: Int, _ passes: Range<Int>) throws -> Tensor
  private let weigh: (_ image: Int, _ losses: Tensor) throws -> Tensor
  private var losses: Tensor?

  /// - Parameters:
  ///   - count: the number of masks.
  ///   - masks: some of an image's masks, [passes, 1, H, W], 1 where the image is kept.
  ///   - weigh: from S_c(I) − S_c(copy) for some classes and all masks of an image, [classes, masks], to values [classes, H, W].
  /// - Throws: ``MethodError/tooLittleMemory(needed:given:)`` when not even one pass fits.
  init(
    _ batch: ImageBatch, _ classifier: any Classifier, baseline: Baseline, count: Int,
    masks: @escaping (_ image: Int, _ passes: Range<Int>) throws -> Tensor,
    weigh: @escaping (_ image: Int, _ losses: Tensor) throws -> Tensor
  ) throws {
    self.batch = batch
    self.classifier = classifier
    self.count = count
    self.masks = masks
    self.weigh = weigh
    passesAtOnce = try batch.passesAtOnce(classifier, bytesPerPass: classifier.bytesPerImage)
    self.baseline = try baseline.values(for: batch.images)
    logits = try Torch.withoutGradient { try classifier.logits(batch.images) }
  }

  func values(
    for turns: [[Int]], progress: (Double) -> Void, _ take: (_ turn: Int, _ values: Tensor) throws -> Void
  ) throws {
    let losses = try self.losses ?? allLosses { progress(0.9 * $0) }
    self.losses = losses
    let shape = batch.images.shape
    let size = max(1, min(turns.count, batch.memory / 2 / max(1, 4 * batch.images.count / shape[1])))
    for block in turns.indices.batches(of: size) {
      let images = try (0..<shape[0]).map { image in
        try Task.checkCancellation()
        let classes = turns[block].map { Int64($0[image]) }
        return try Torch.withoutGradient {
          try weigh(
            image,
            losses[image..<image + 1].reshaped([count, -1]).permuted([1, 0])
              .select(axis: 0, Tensor(classes, shape: [classes.count]).to(batch.images.device)))
        }
      }
      for turn in block {
        let maps = try images.map {
          try $0[turn - block.lowerBound..<turn - block.lowerBound + 1].reshaped([1, 1, shape[2], shape[3]])
        }
        try take(turn, .concatenate(maps).expanded(shape))
        progress(0.9 + 0.1 * Double(turn + 1) / Double(turns.count))
      }
    }
  }

  /// S_c(I) − S_c(copy) of all classes and masks, [N, masks, K].
  private func allLosses(_ progress: (Double) -> Void) throws -> Tensor {
    let (images, type) = (batch.images, batch.images.type ?? .float32)
    let size = min(passesAtOnce, count)
    let work = Double(images.shape[0] * count)
    return try .concatenate(
      (0..<images.shape[0]).map { image in
        let (own, rest) = (try images[image..<image + 1], try baseline.rows(image..<image + 1))
        return try .concatenate(
          (0..<count).batches(of: size).map { passes in
            try Task.checkCancellation()
            let losses = try Torch.withoutGradient {
              let kept = try masks(image, passes).to(type, images.device)
              return try logits[image..<image + 1] - classifier.logits(rest + (own - rest) * kept)
            }
            progress(Double(image * count + passes.upperBound) / work)
            return losses
          }
        ).reshaped([1, count, -1])
      })
  }
}
