import Foundation
import Tensors

/// Whatever gives one logit per class for an image, differentiably.
///
/// Images are [N, C, H, W] in 0…1 pixel space: 0 is black and 1 is white. A classifier that wants its input normalised
/// does that itself, so that gradients are gradients with respect to pixels.
@TorchActor public protocol Classifier: AnyObject, Sendable {
  nonisolated var labels: LabelSet { get }

  /// The pixels that it takes, and how a picture becomes them.
  nonisolated var preprocessing: Preprocessing { get }

  nonisolated var device: Device { get }

  /// Memory in bytes that one image takes, roughly, while gradients are recorded.
  nonisolated var bytesPerImage: Int { get }

  /// The scores S_c(I) before the softmax: [N, K] for images [N, C, H, W], row i depending on image i alone.
  ///
  /// - Throws: ``TorchError`` when memory runs out, ``ClassifierError`` when the model answers with something else.
  func logits(_ images: Tensor) throws -> Tensor
}

/// A classifier whose input is normalised channel by channel, and that takes images to which that has been done already:
/// where pixels of the same images are exchanged again and again, normalising once is enough.
@TorchActor public protocol NormalizingClassifier: Classifier {
  /// The scores of images that ``Preprocessing/normalized(_:)`` has been applied to.
  func logits(normalized images: Tensor) throws -> Tensor
}

extension NormalizingClassifier {
  public func logits(_ images: Tensor) throws -> Tensor { try logits(normalized: preprocessing.normalized(images)) }
}

/// What the shared code finds wrong with a classifier's answers.
public enum ClassifierError: LocalizedError, Equatable, Sendable {
  case notFinite(what: String)
  case noGradient

  public var errorDescription: String? {
    switch self {
    case .notFinite(let what):
      "the model's \(what) contain NaN or infinity for this image; check its weights and how its input is normalised"
    case .noGradient:
      "the model's logits do not depend differentiably on the image (it may round, take an argmax or detach its input), "
        + "so there is no gradient to explain it by"
    }
  }
}
