/// What one epoch came to.
public struct EpochRecord: Sendable, Equatable, Codable {
  /// Counted from 1.
  public let epoch: Int
  /// The mean cross-entropy over the training images, each measured before the step that it took part in.
  public let loss: Double
  /// The share of the test images that are classified correctly afterwards, 0…1.
  public let accuracy: Double
  /// Training images per second, the test not counted.
  public let imagesPerSecond: Double
}
