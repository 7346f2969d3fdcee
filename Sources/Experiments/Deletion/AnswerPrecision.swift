import Maps
import Tensors

/// What a classifier's answers for changed images are computed in. Maps and the answers for untouched images are in float32 always.
public enum AnswerPrecision: String, Sendable, Codable, CaseIterable {
  case full = "float32"
  /// In ``Precision/mixed``. For classifiers whose layers are known.
  case mixed = "bfloat16"
  /// In ``Precision/mixed``, and near ties once more in float32: the classes that float32 gives; see ``AnswerCheck``.
  case checked

  /// The fastest that gives float32's classes: ``checked`` where the processor multiplies bfloat16 matrices faster and the
  /// classifier's layers are known, else ``full``.
  public static func usual(for classifier: any Classifier) -> AnswerPrecision {
    classifier is any LayeredClassifier ? usual(on: classifier.device) : .full
  }

  /// The same of networks whose layers are known.
  public static func usual(on device: Device) -> AnswerPrecision {
    device == .cpu && Torch.multipliesBfloat16 ? .checked : .full
  }
}
