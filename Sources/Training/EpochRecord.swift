import Foundation

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
  /// What the time of those images went to.
  public let seconds: Phases

  public init(epoch: Int, loss: Double, accuracy: Double, imagesPerSecond: Double, seconds: Phases) {
    (self.epoch, self.loss, self.accuracy) = (epoch, loss, accuracy)
    (self.imagesPerSecond, self.seconds) = (imagesPerSecond, seconds)
  }

  /// Seconds of an epoch's training, the test not counted. On a GPU, which works on while the program goes ahead, they say
  /// where the program waited.
  public struct Phases: Sendable, Equatable, Codable {
    /// Waiting for the images and making tensors of them.
    public var batches = 0.0
    /// From the images to the loss.
    public var forward = 0.0
    /// From the loss to the weights' gradients.
    public var backward = 0.0
    /// AdamW.
    public var update = 0.0

    public init() {}
  }
}

extension [EpochRecord] {
  /// Whether the training has not left its start: the accuracy has been the very same for ten epochs, and less than one and a half
  /// times that of guessing, 1 / `classes`, and the loss is at least nine tenths of guessing's, log(`classes`). Such a network gives
  /// every image the same answer, mostly because the units of a layer are zero for every image, whose weights no gradient reaches
  /// any more.
  public func isStuck(classes: Int) -> Bool {
    guard count >= 10, let last else { return false }
    return last.accuracy < 1.5 / Double(classes) && last.loss > 0.9 * log(Double(classes))
      && suffix(10).allSatisfy { $0.accuracy == last.accuracy }
  }
}
