import Maps
import Tensors

/// The images of a block, in which some pixels are exchanged again and again before the classifier is asked.
///
/// Channels last, as convolutions like them best, [N, H, W, C], and normalised once, where the classifier takes that.
@TorchActor struct PixelExchange {
  /// Images to ask about.
  struct Batch {
    fileprivate let rows: Tensor
    fileprivate let own: Tensor
    fileprivate let isMarked: Tensor
  }

  let images: Tensor
  let clock: DeletionClock
  private let prepared: Tensor
  private let classifier: any Classifier
  private let normalizing: (any NormalizingClassifier)?

  /// - Parameter images: [N, C, H, W] in 0…1.
  init(_ images: Tensor, _ classifier: any Classifier, _ clock: DeletionClock) throws {
    self.images = images
    self.classifier = classifier
    self.clock = clock
    normalizing = classifier as? any NormalizingClassifier
    prepared = try Self.prepared(images, normalizing)
  }

  private static func prepared(_ images: Tensor, _ normalizing: (any NormalizingClassifier)?) throws -> Tensor {
    try (normalizing?.preprocessing.normalized(images) ?? images).permuted([0, 2, 3, 1]).contiguous()
  }

  func values(of replacement: Replacement) throws -> Tensor {
    try Self.prepared(replacement.values(for: images), normalizing)
  }

  /// - Parameters:
  ///   - chosen: the places of the images in the block, [B].
  ///   - isMarked: makes the marks of their pixels, [B, H·W], bool.
  func batch(_ chosen: [Int], isMarked: () throws -> Tensor) throws -> Batch {
    try clock.time(\.deleting) {
      let rows = try Tensor(chosen.map(Int64.init), shape: [chosen.count]).to(images.device)
      let marks = try isMarked().reshaped([chosen.count, images.shape[2], images.shape[3], 1])
      return Batch(rows: rows, own: try prepared.select(axis: 0, rows), isMarked: marks)
    }
  }

  /// The images whose marked pixels are replaced by `values`, or, `inserting`, all others; for ``logits(_:by:)``.
  func changed(_ batch: Batch, _ values: Tensor, inserting: Bool = false) throws -> Tensor {
    try Task.checkCancellation()
    return try clock.time(\.deleting) {
      let other = try values.shape[0] == 1 ? values : values.select(axis: 0, batch.rows)
      let (marked, unmarked) = inserting ? (batch.own, other) : (other, batch.own)
      return try Tensor.choose(marked, where: batch.isMarked, otherwise: unmarked).permuted([0, 3, 1, 2])
    }
  }

  /// - Parameter other: who is asked, of the same preprocessing; nil: the classifier.
  func logits(_ changed: Tensor, by other: (any Classifier)? = nil) throws -> Tensor {
    let asked = other ?? classifier
    return try clock.time(\.answers) {
      try (asked as? any NormalizingClassifier)?.logits(normalized: changed) ?? asked.logits(changed)
    }
  }
}
