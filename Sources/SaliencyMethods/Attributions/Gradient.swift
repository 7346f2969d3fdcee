import SaliencyCore
import Tensors

/// The plain gradient ∂S_c/∂I of a class's logit with respect to the image.
///
/// K. Simonyan, A. Vedaldi, A. Zisserman, *Deep Inside Convolutional Networks*, 2013. Values have the unit of logit per
/// unit of brightness: positive where brighter pixels raise the logit, negative where darker ones do. One forward pass,
/// shared by all classes, and one backward pass per class.
public struct Gradient: Attribution {
  public let name = "gradient"
  public let isSigned = true

  public nonisolated init() {}

  public func begin(_ images: Tensor, _ classifier: any Classifier) throws -> any ClassAttributions {
    let variable = try images.variable()
    let logits = try classifier.logits(variable)
    guard logits.requiresGradient else { throw ClassifierError.noGradient }
    return RecordedGradients(images: variable, logits: logits)
  }
}

/// The recorded forward pass of ``Gradient``.
private final class RecordedGradients: ClassAttributions {
  private let images: Tensor
  let logits: Tensor

  init(images: Tensor, logits: Tensor) {
    self.images = images
    self.logits = logits
  }

  func values(for classes: [Int]) throws -> Tensor {
    let seed = try Tensor(oneHot: classes, like: logits)
    guard let gradient = try logits.gradients(seed: seed, of: [images], retaining: true)[0] else {
      throw ClassifierError.noGradient
    }
    return gradient
  }
}

extension Tensor {
  /// A tensor [N, K] of the shape, type and device of `logits`: row i is 1 at `classes[i]` and 0 elsewhere.
  @TorchActor init(oneHot classes: [Int], like logits: Tensor) throws {
    let classCount = logits.shape[1]
    var values = [Float](repeating: 0, count: classes.count * classCount)
    for (row, chosen) in classes.enumerated() { values[row * classCount + chosen] = 1 }
    self = try Tensor(values, shape: logits.shape).to(logits.type ?? .float32, logits.device)
  }
}
