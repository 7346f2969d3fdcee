import Tensors

/// A network in a file of some format, which can be run operator by operator through libtorch's dispatcher.
///
/// A reader's whole task: the network is run a few times, what it asks of libtorch is noted (`Trace`), and that becomes the
/// graph. So it calls `Operator`s with tensors and computes shapes with plain numbers; whatever does not depend on the images
/// ends as a constant.
@TorchActor protocol FileNetwork {
  /// The format and who wrote the file, for people, e.g. `ONNX, opset 17, by pytorch 2.15.0`.
  nonisolated var description: String { get }

  /// The weights by the names that the file gives them; the very tensors that ``answer(_:)`` uses.
  var weights: [String: Tensor] { get }

  /// The shape [N, C, H, W] of the input that the file states; nil where any number will do.
  nonisolated var inputShape: [Int?] { get }

  /// The one output for images that are normalised already, as the file has it.
  ///
  /// Where the file was written for one batch size alone, it tries to do for another what it does for that one: shapes that
  /// begin with its batch size begin with the images' number. Whether that is right is tried afterwards.
  ///
  /// - Throws: `TorchError` when an operator fails, is forbidden or unknown to this libtorch; an error of the format.
  func answer(_ images: Tensor) throws -> Tensor
}
