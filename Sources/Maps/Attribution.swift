import Tensors

/// A way to give every class a value per channel element of an image: how much the element speaks for the class.
///
/// An attribution knows nothing of the ``View``s that later reduce its values to maps, and so every view works with
/// every attribution whose values have a sign. Its options are its own properties.
@TorchActor public protocol Attribution: Sendable {
  /// The name that options and files use, e.g. `gradient`.
  nonisolated var name: String { get }

  /// What the sign of a value says; nil if values are never negative. The views that read the sign refuse an attribution
  /// without one.
  nonisolated var sign: Sign? { get }

  /// What its values come from, by which several attributions can be asked for at once.
  nonisolated var group: AttributionGroup { get }

  /// The options by name, for records: results with other settings are other results.
  nonisolated var settings: [String: String] { get }

  /// The same attribution with what it knows of the options.
  nonisolated func configured(by options: MethodOptions) -> Self

  /// How many forward passes of an image its values are made of, about.
  nonisolated var passes: Int { get }

  /// Finds options that make no sense, and classifiers that do not fit, before any work is done.
  ///
  /// - Throws: ``MethodError``
  nonisolated func check(_ classifier: any Classifier) throws

  /// Finds what only a pass through the classifier tells, such as a layer that is not there.
  ///
  /// - Throws: ``MethodError``
  func probe(_ classifier: any Classifier) throws

  /// Does the work that all classes share, such as the forward pass.
  func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions
}

extension Attribution {
  public nonisolated var group: AttributionGroup { .gradients }

  public nonisolated var settings: [String: String] { [:] }

  public nonisolated func configured(by options: MethodOptions) -> Self { self }

  public nonisolated var passes: Int { 1 }

  public nonisolated func check(_ classifier: any Classifier) throws {}

  public func probe(_ classifier: any Classifier) throws {}
}

/// What an attribution's values come from.
public enum AttributionGroup: String, Sendable, CaseIterable {
  /// Gradients of the logits, of one image or of many.
  case gradients
  /// What flows back by other rules than the derivative's.
  case rules
  /// The activations of one layer.
  case cam
  /// Answers for images parts of which are hidden; no gradient.
  case masks
}

/// What the sign of an attribution's values says of a channel element.
public enum Sign: String, Sendable, Codable {
  /// Brighter raises the class's score (positive), or darker does (negative).
  case brightness
  /// The element, as it is, speaks for the class (positive) or against it (negative).
  case evidence
}

/// Images to explain, and what may be spent on them.
public struct ImageBatch {
  /// [N, C, H, W] in 0…1, on the classifier's device.
  public let images: Tensor

  /// Where each image stands in its data set, which decides the random numbers that are drawn for it. With them and a seed an
  /// image's values do not depend on the batch it is in.
  public let indices: [Int]

  /// About how many bytes may be used.
  public let memory: Int

  /// - Parameter indices: nil: 0 for every image.
  public init(_ images: Tensor, indices: [Int]? = nil, memory: Int = 2_000_000_000) {
    self.images = images
    self.indices = indices ?? Array(repeating: 0, count: images.shape[0])
    self.memory = memory
    precondition(self.indices.count == images.shape[0], "one index per image is needed")
  }
}

/// An attribution under way: shared work done, ready to answer for one class after the other.
@TorchActor public protocol ClassAttributions: AnyObject {
  /// The classifier's logits for the images, [N, K].
  var logits: Tensor { get }

  /// The logits of the baselines with which the images are compared, [N, K], or [1, K] if one serves all; nil without
  /// baseline. With one, an image's values for a class add up to the difference between the class's two logits.
  var baselineLogits: Tensor? { get }

  /// Hands out the values for one class per image, turn by turn: [N, C, H, W] for the classes `turns[turn]`, of which there
  /// are N. All turns are named at once, so that they can share passes.
  ///
  /// - Parameter progress: called with the share of the work that is done, 0…1.
  /// - Throws: `CancellationError`, before the next pass.
  func values(
    for turns: [[Int]], progress: (Double) -> Void, _ take: (_ turn: Int, _ values: Tensor) throws -> Void
  ) throws
}

extension ClassAttributions {
  public var baselineLogits: Tensor? { nil }

  /// The values for one class per image.
  public func values(for classes: [Int]) throws -> Tensor {
    var values: Tensor?
    try self.values(for: [classes], progress: { _ in }, { values = $1 })
    guard let values else { preconditionFailure("an attribution handed out no values") }
    return values
  }
}

/// The attributions that there are, by name, with their usual options.
public enum Attributions {
  public static let all: [any Attribution] = [
    Gradient(), GradientXInput(), GuidedBackpropagation(), IntegratedGradients(), SmoothGrad(),
    SmoothGrad(.meanOfSquares), SmoothGrad(.variance), DeepLIFT(), LRP(), CAM(.gradCAM), CAM(.gradCAMPlusPlus),
    CAM(.layerCAM),
    Occlusion(), RandomMasks(), ExpectedGradients(), BlurIntegratedGradients(),
    GuidedIntegratedGradients(),
  ]

  /// Those that need nothing but a classifier and images: all but expected gradients.
  public static let selfSufficient = all.filter { !($0 is ExpectedGradients) }

  /// The attribution of this name, with what it knows of the options; nil if there is none.
  public static func named(_ name: String, options: MethodOptions = MethodOptions()) -> (any Attribution)? {
    all.first { $0.name == name }?.configured(by: options)
  }
}
