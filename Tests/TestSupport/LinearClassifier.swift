import Maps
import Tensors

/// logits = W x + b: the gradient of class k is row k of W at every image, a closed form.
@TorchActor public final class LinearClassifier: Classifier {
  public nonisolated let labels: LabelSet
  public nonisolated let preprocessing: Preprocessing
  public nonisolated let device = Device.cpu
  public nonisolated let bytesPerImage = 1 << 10
  private let weight: Tensor
  private let bias: Tensor

  /// - Parameter weight: `classes × channels × height × width` numbers, row-major.
  public init(
    weight: [Float], bias: [Float]? = nil, classes: Int, channels: Int, height: Int, width: Int, names: [String]? = nil
  ) throws {
    labels = names.map { LabelSet($0) } ?? LabelSet(unnamed: classes)
    preprocessing = Preprocessing(height: height, width: width, channels: channels)
    self.weight = try Tensor(weight, shape: [classes, channels * height * width])
    self.bias = try Tensor(bias ?? Array(repeating: 0, count: classes), shape: [classes])
  }

  public func logits(_ images: Tensor) throws -> Tensor {
    try images.reshaped([images.shape[0], -1]).linear(weight: weight, bias: bias)
  }
}
