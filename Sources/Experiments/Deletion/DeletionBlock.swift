/// The answers of a classifier for one block of images.
package struct DeletionBlock: Sendable, Equatable {
  package let images: Range<Int>

  /// The true class of each image.
  package let labels: [Int32]

  /// The class predicted for each untouched image.
  package let untouched: [Int32]

  /// What each metric found.
  package internal(set) var answers: [MetricAnswers]

  package init(images: Range<Int>, labels: [Int32], untouched: [Int32], answers: [MetricAnswers] = []) {
    self.images = images
    self.labels = labels
    self.untouched = untouched
    self.answers = answers
  }
}
