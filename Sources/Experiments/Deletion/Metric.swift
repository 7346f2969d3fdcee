import Maps
import Tensors

/// A way to judge maps by a classifier's answers for images some pixels of which are exchanged: a curve for every image and map, and
/// a score that sums it up. Its options are its own properties.
public protocol Metric: Sendable {
  /// What options and files call it, e.g. `rise-deletion`.
  var name: String { get }

  /// For people, e.g. `RISE deletion`.
  var title: String { get }

  /// The options by name, for records: results with other settings are other results.
  var settings: [String: String] { get }

  /// The same metric with what it knows of the options, named and written as in ``settings``.
  func configured(by options: [String: String]) -> Self

  /// Finds options that make no sense for images of so many pixels, before any work is done.
  ///
  /// - Throws: ``EvaluationError``
  func check(pixels: Int) throws

  /// What is measured at every point, e.g. `probability`.
  var quantity: String { get }

  /// Whether the predicted class is kept at every point; the accuracy is the score then.
  var keepsClasses: Bool { get }

  /// The area under the curve, or its mean.
  var summary: CurveSummary { get }

  /// Whether it matters in which order pixels are taken.
  var isOrdered: Bool { get }

  /// Whether a low score is what a good map gives where its highest pixels are taken first.
  func isLowGood(_ map: MapName) -> Bool

  /// Whether it scores the sum of each attribution's channels, too: what a linear approximation makes of a pixel.
  var scoresSums: Bool { get }

  /// The maps and controls that it scores.
  func series(in setup: DeletionSetup) -> [MapName]

  /// The shares of the pixels at the curve's points, ascending.
  func fractions(in setup: DeletionSetup) -> [Double]

  /// The share of the pixels that is deleted at a point, where that follows from its fraction.
  func deleted(at fraction: Double) -> Double

  /// At most so many images does the classifier answer for one image.
  func passes(in setup: DeletionSetup) -> Int

  /// Measures the images of a block.
  ///
  /// - Parameter progress: called with the share that is done, 0…1.
  /// - Throws: `TorchError`, ``ClassifierError``; `CancellationError`, before the next batch.
  @TorchActor func measure(_ block: DeletionWork, progress: (Double) -> Void) throws -> MetricAnswers

  /// How its curves are drawn.
  var plot: CurvePlot { get }
}

extension Metric {
  public var settings: [String: String] { [:] }
  public func configured(by options: [String: String]) -> Self { self }
  public func check(pixels: Int) throws {}
  public var keepsClasses: Bool { false }
  public var summary: CurveSummary { .area }
  public var isOrdered: Bool { true }
  public var scoresSums: Bool { false }

  /// All maps, and random pixels if there are controls.
  public func series(in setup: DeletionSetup) -> [MapName] {
    (scoresSums ? setup.mapsAndSums : setup.series.filter { !$0.isControl })
      + setup.series.filter { $0.kind == .random }
  }

  public func deleted(at fraction: Double) -> Double { fraction }
}

/// How a curve becomes a score.
public enum CurveSummary: String, Sendable {
  /// By the trapezoid rule, not divided by the range: Σ (x_{i+1} − x_i)(y_i + y_{i+1}) / 2.
  case area = "auc"
  case mean

  func score(_ x: [Double], _ y: [Double]) -> Double {
    switch self {
    case .mean: return y.reduce(0, +) / Double(y.count)
    case .area:
      var total = 0.0
      for index in x.indices.dropFirst() { total += (x[index] - x[index - 1]) * (y[index] + y[index - 1]) / 2 }
      return total
    }
  }
}

/// What stands around a metric's curves in a figure.
public struct CurvePlot: Sendable {
  /// The name of the figure's files.
  public var file: String
  public var xLabel: String
  public var yLabel: String
  /// Nil: as far as the curves go.
  public var yRange: ClosedRange<Double>?
  /// Whether x is the logarithm of the number of pixels instead of their share.
  public var isLogarithmic = false
  public var note: String

  public init(
    file: String, xLabel: String, yLabel: String, yRange: ClosedRange<Double>? = 0...1, isLogarithmic: Bool = false,
    note: String
  ) {
    self.file = file
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.yRange = yRange
    self.isLogarithmic = isLogarithmic
    self.note = note
  }
}

/// What a metric found: arrays [image][series][point], row-major.
public struct MetricAnswers: Sendable, Equatable {
  /// The metric's quantity.
  public var values: [Float]
  /// The class predicted for the changed image; empty unless the metric keeps classes.
  public var classes: [Int32]
  /// How many pixels were deleted; empty where that follows from the fraction.
  public var deleted: [Int32]

  public init(values: [Float] = [], classes: [Int32] = [], deleted: [Int32] = []) {
    self.values = values
    self.classes = classes
    self.deleted = deleted
  }

  mutating func append(_ other: MetricAnswers) {
    values += other.values
    classes += other.classes
    deleted += other.deleted
  }
}

/// The metrics that there are, by name, with their usual options.
public enum Metrics {
  /// Black- and white-deletion.
  public static let paper: [any Metric] = [Accuracy(.black), Accuracy(.white)]

  public static let all: [any Metric] =
    Replacement.allCases.map { Accuracy($0) } + [Rise(.deletion), Rise(.insertion), SensitivityN()]

  /// The metric of this name, with what it knows of the options; nil if there is none.
  public static func named(_ name: String, options: [String: String] = [:]) -> (any Metric)? {
    all.first { $0.name == name }?.configured(by: options)
  }
}
