import Tensors

/// Weighted sums of gradients over several passes for each image, such as samples or steps.
///
/// Passes are recorded in chunks that fit into the memory bound; the gradients of all classes are taken of a chunk before
/// the next one is recorded, so that the classes share the forward passes. Their sums need memory, too: where they would take
/// more than half of the bound, the classes are cut into groups, and the forward passes are done for each.
@TorchActor final class PassSums: ClassAttributions {
  /// Some passes of some images, computed at once: image by image, the passes of each together.
  struct Chunk {
    let images: Range<Int>
    let passes: Range<Int>
  }

  let logits: Tensor
  let baselineLogits: Tensor?
  private let batch: ImageBatch
  private let weights: [Double]
  private let passesAtOnce: Int
  private let terms: [(Tensor) throws -> Tensor]
  private let sumType: ElementType
  private let record: (Chunk) throws -> RecordedGradients
  private let finish: ([Tensor]) throws -> Tensor

  /// - Parameters:
  ///   - weights: one for each pass, multiplied to its gradient.
  ///   - bytesPerPass: nil: the classifier's for one image.
  ///   - terms: what is summed, as functions of the weighted gradients.
  ///   - sumType: the type of the sums; nil for the images' own.
  ///   - record: makes the passes of a chunk, [images · passes, C, H, W].
  ///   - finish: from the sums, [N, C, H, W] for each term, to the values.
  /// - Throws: ``MethodError/tooLittleMemory(needed:given:)`` when not even one pass fits.
  init(
    _ batch: ImageBatch, _ classifier: any Classifier, baseline: Tensor? = nil, weights: [Double],
    bytesPerPass: Int? = nil, terms: [(Tensor) throws -> Tensor] = [{ $0 }], sumType: ElementType? = nil,
    record: @escaping (Chunk) throws -> RecordedGradients, finish: @escaping ([Tensor]) throws -> Tensor
  ) throws {
    self.batch = batch
    self.weights = weights
    passesAtOnce = try batch.passesAtOnce(classifier, bytesPerPass: bytesPerPass ?? classifier.bytesPerImage)
    self.terms = terms
    self.sumType = sumType ?? batch.images.type ?? .float32
    self.record = record
    self.finish = finish
    (logits, baselineLogits) = try Torch.withoutGradient {
      (try classifier.logits(batch.images), try baseline.map(classifier.logits))
    }
  }

  func values(
    for turns: [[Int]], progress: (Double) -> Void, _ take: (_ turn: Int, _ values: Tensor) throws -> Void
  ) throws {
    let (chunks, groupSize) = (chunks, min(turns.count, turnsAtOnce))
    for group in turns.batches(of: max(1, groupSize)) {
      let sums = try group.map { _ in
        try terms.map { _ in
          try Tensor(repeating: 0, shape: batch.images.shape, type: sumType, device: batch.images.device)
        }
      }
      for (number, chunk) in chunks.enumerated() {
        let recorded = try record(chunk)
        for (place, classes) in group.enumerated() {
          try Task.checkCancellation()
          try add(recorded, chunk, classes, to: sums[place])
          let inGroup = Double(number * group.count + place + 1) / Double(chunks.count)
          progress((Double(group.startIndex) + inGroup) / Double(turns.count))
        }
      }
      for (place, sum) in sums.enumerated() {
        try take(group.startIndex + place, finish(sum).to(batch.images.type ?? .float32))
      }
    }
  }

  private func add(_ recorded: RecordedGradients, _ chunk: Chunk, _ classes: [Int], to sums: [Tensor]) throws {
    let chosen = chunk.images.flatMap { Array(repeating: classes[$0], count: chunk.passes.count) }
    let factors = chunk.images.flatMap { _ in weights[chunk.passes] }
    let gradient = try recorded.gradient(seed: Tensor(oneHot: chosen, weights: factors, like: recorded.logits))
      .to(sumType).reshaped([chunk.images.count, chunk.passes.count] + batch.images.shape.dropFirst())
    for (term, sum) in zip(terms, sums) {
      try sum[chunk.images].addInPlace(term(gradient).sum([1]))
    }
  }

  /// For how many turns the sums fit into half of the bound.
  private var turnsAtOnce: Int {
    max(1, batch.memory / 2 / max(1, batch.images.count * terms.count * sumType.size))
  }

  /// All passes of as many images as fit, or else as many passes of one image as fit.
  private var chunks: [Chunk] {
    let imageCount = batch.images.shape[0]
    let (imagesAtOnce, passes) = (max(1, passesAtOnce / weights.count), min(passesAtOnce, weights.count))
    return (0..<imageCount).batches(of: imagesAtOnce).flatMap { images in
      weights.indices.batches(of: passes).map { Chunk(images: images, passes: $0) }
    }
  }
}

extension ImageBatch {
  /// How many passes of an image at once fit into half of the bound and pay.
  ///
  /// - Throws: ``MethodError/tooLittleMemory(needed:given:)`` when not even one fits.
  func passesAtOnce(_ classifier: any Classifier, bytesPerPass: Int) throws -> Int {
    let bytes = max(1, bytesPerPass)
    guard memory >= bytes else { throw MethodError.tooLittleMemory(needed: bytes, given: memory) }
    // On a processor more than fits into its caches gains nothing.
    return max(1, min(memory / 2 / bytes, classifier.device == .cpu ? max(8, 32_000_000 / bytes) : 4096))
  }
}
