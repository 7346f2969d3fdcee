/// The answers of a classifier for one block of images.
public struct DeletionBlock: Sendable, Equatable {
  public let images: Range<Int>

  /// The true class of each image.
  public let labels: [Int32]

  /// The class predicted for each untouched image.
  public internal(set) var untouched: [Int32]

  /// The class predicted after deletion: [image][replacement][series][fraction], row-major.
  public internal(set) var predicted: [Int32]

  /// The softmax probability of the class predicted for the untouched image, 0…1; the same shape.
  public internal(set) var probability: [Float]

  /// How many pixels were deleted: [image][series][fraction].
  public internal(set) var deleted: [Int32]

  /// The curves of ``DeletionSetup/curveMetrics``, metric by metric: [image][series][point], row-major.
  public internal(set) var curves: [[Float]]

  public init(
    images: Range<Int>, labels: [Int32], untouched: [Int32], predicted: [Int32], probability: [Float], deleted: [Int32],
    curves: [[Float]] = []
  ) {
    self.images = images
    self.labels = labels
    self.untouched = untouched
    self.predicted = predicted
    self.probability = probability
    self.deleted = deleted
    self.curves = curves
  }
}
