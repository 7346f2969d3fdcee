/// The answers of a classifier for one block of images.
public struct DeletionBlock: Sendable, Equatable {
  public let images: Range<Int>

  /// The true class of each image.
  public let labels: [Int32]

  /// The class predicted for each untouched image.
  public let untouched: [Int32]

  /// What each metric found.
  public internal(set) var answers: [MetricAnswers]

  public init(images: Range<Int>, labels: [Int32], untouched: [Int32], answers: [MetricAnswers] = []) {
    self.images = images
    self.labels = labels
    self.untouched = untouched
    self.answers = answers
  }
}
