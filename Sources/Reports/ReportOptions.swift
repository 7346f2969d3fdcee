import Experiments

/// What a page of results shows, beside the model and the data set.
public struct ReportOptions: Sendable, Equatable, Codable {
  /// Measure that many test images, spread evenly; nil: all.
  public var limit: Int?
  public var examples = ExampleChoice.first
  /// Decides random examples, and the random pixels of the controls.
  public var seed: UInt64 = 0
  /// Whether the page shows images of the data set, which may not be given to others with it.
  public var showsPictures = true
  /// More classes than these have no example on the page.
  public var maximumClasses = 20
  /// What the answers for changed images are computed in; nil: float32.
  public var precision: AnswerPrecision?

  public init() {}
}

/// Which correctly classified image of each class is shown.
public enum ExampleChoice: String, Sendable, Codable, CaseIterable {
  /// The first one in the test set's order.
  case first
  /// One drawn at random.
  case random
}
