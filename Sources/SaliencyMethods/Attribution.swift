import SaliencyCore
import Tensors

/// A way to give every class a value per channel element of an image: how much the element speaks for the class.
///
/// An attribution knows nothing of the ``View``s that later reduce its values to maps, and so every view works with
/// every attribution whose values have a sign.
@TorchActor public protocol Attribution: Sendable {
  /// The name that options and files use, e.g. `gradient`.
  nonisolated var name: String { get }

  /// Whether values can be negative, and mean it. The views that read the sign refuse an attribution without one.
  nonisolated var isSigned: Bool { get }

  /// Does the work that all classes share, such as the forward pass.
  ///
  /// - Parameter images: [N, C, H, W] in 0…1, on the classifier's device.
  func begin(_ images: Tensor, _ classifier: any Classifier) throws -> any ClassAttributions
}

/// An attribution under way: shared work done, ready to answer for one class after the other.
@TorchActor public protocol ClassAttributions: AnyObject {
  /// The classifier's logits for the images, [N, K].
  var logits: Tensor { get }

  /// The values for one class per image: [N, C, H, W] for N classes.
  func values(for classes: [Int]) throws -> Tensor
}

/// The attributions that there are, by name.
public enum Attributions {
  public static let all: [any Attribution] = [Gradient()]

  public static func named(_ name: String) -> (any Attribution)? { all.first { $0.name == name } }
}
