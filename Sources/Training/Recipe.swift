import Maps
import Networks

/// How a network is trained. The defaults are the paper's recipe.
public struct Recipe: Sendable, Equatable, Codable {
  public var epochs = 50
  /// Images per step; the last step of an epoch may have fewer.
  public var batchSize = 128
  public var learningRate = 0.001
  public var weightDecay = 0.01
  /// How fast AdamW's running means of the gradient and of its square forget.
  public var beta1 = 0.9
  public var beta2 = 0.999
  public var epsilon = 1e-8
  public var precision = Precision.full
  /// Decides the initial weights and the order of the images.
  public var seed: UInt64 = 0

  public init() {}

  /// One line for a model file's metadata.
  public var summary: String {
    "AdamW, learning rate \(learningRate), betas \(beta1)/\(beta2), epsilon \(epsilon), weight decay \(weightDecay), "
      + "batch \(batchSize), cross-entropy, no augmentation, no schedule, last epoch's weights"
      + (precision == .mixed ? ", mixed precision (bfloat16)" : "")
  }
}
