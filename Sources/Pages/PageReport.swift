/// Everything that a page of results says in numbers and names; the pictures are ``PageExamples``. It is plain data: written
/// beside the page as JSON, it lets anyone recompute what the page shows.
public struct PageReport: Codable, Sendable, Equatable {
  public var title: String
  /// Whether the paper's numbers stand beside the measured ones.
  public var comparesWithPaper: Bool
  public var experiments: [PageExperiment]
  /// What could not be measured, and how that can be changed.
  public var missing: [PageMissing] = []
  /// Files beside the page for its readers, such as a PDF of the tables and figures.
  public var documents: [PageDocument] = []
  /// How all of it was made.
  public var making: [PageFact]

  public init(title: String, comparesWithPaper: Bool, experiments: [PageExperiment], making: [PageFact]) {
    self.title = title
    self.comparesWithPaper = comparesWithPaper
    self.experiments = experiments
    self.making = making
  }
}

/// One model on one data set.
public struct PageExperiment: Codable, Sendable, Equatable {
  /// The name of its files' folder and of its place in the page: ASCII letters, digits, `-`, `_` and `.`.
  public var name: String
  /// The model and the data set for people.
  public var model: String
  public var dataset: String
  /// How many images were measured, and of how many classes.
  public var images: Int
  public var classes: Int
  /// The accuracy on the untouched images, 0…1.
  public var accuracy: PageEstimate
  public var paperAccuracy: Double?
  public var areas: [PageArea]
  public var curves: [PageCurve]
  /// What was claimed of the areas, and whether it shows.
  public var claims: [OrderClaim] = []
  /// What a self-audit found.
  public var checks: [PageCheck] = []
  public var making: [PageFact] = []

  public init(
    name: String, model: String, dataset: String, images: Int, classes: Int, accuracy: PageEstimate,
    paperAccuracy: Double? = nil, areas: [PageArea], curves: [PageCurve]
  ) {
    self.name = name
    self.model = model
    self.dataset = dataset
    self.images = images
    self.classes = classes
    self.accuracy = accuracy
    self.paperAccuracy = paperAccuracy
    self.areas = areas
    self.curves = curves
  }
}

/// A number with what is known of its uncertainty.
public struct PageEstimate: Codable, Sendable, Equatable {
  public var value: Double
  /// The ends of a 95% interval over the images.
  public var low: Double?
  public var high: Double?
  /// The standard deviation over models trained from different seeds.
  public var spread: Double?

  public init(_ value: Double, low: Double? = nil, high: Double? = nil, spread: Double? = nil) {
    self.value = value
    self.low = low
    self.high = high
    self.spread = spread
  }
}

/// What one row or curve is about: the pixels of a map, or a control, that get a value.
public struct PageSeries: Codable, Sendable, Hashable {
  public enum Kind: String, Codable, Sendable { case map, random, randomAsMany }

  /// What deleted pixels become, such as `black`.
  public var metric: String
  public var kind: Kind
  public var attribution: String
  public var view: String

  public init(metric: String, kind: Kind, attribution: String = "", view: String = "") {
    self.metric = metric
    self.kind = kind
    self.attribution = attribution
    self.view = view
  }
}

/// The area under a deletion curve.
public struct PageArea: Codable, Sendable, Equatable {
  public var series: PageSeries
  public var estimate: PageEstimate
  public var paper: Double?
  /// Whether a low area is what a good map gives; nil for controls.
  public var isLowGood: Bool?

  public init(_ series: PageSeries, _ estimate: PageEstimate, paper: Double? = nil, isLowGood: Bool? = nil) {
    self.series = series
    self.estimate = estimate
    self.paper = paper
    self.isLowGood = isLowGood
  }
}

/// A deletion curve: the accuracy at each fraction, and the share of the pixels that was deleted indeed.
public struct PageCurve: Codable, Sendable, Equatable {
  public var series: PageSeries
  public var fractions: [Double]
  public var deleted: [Double]
  public var accuracy: [Double]

  public init(_ series: PageSeries, fractions: [Double], deleted: [Double], accuracy: [Double]) {
    self.series = series
    self.fractions = fractions
    self.deleted = deleted
    self.accuracy = accuracy
  }
}

/// One row of a self-audit.
public struct PageCheck: Codable, Sendable, Equatable {
  public enum Verdict: String, Codable, Sendable { case passed, failed, warning, skipped }

  public var name: String
  public var verdict: Verdict
  /// What was found, in plain words.
  public var detail: String

  public init(name: String, verdict: Verdict, detail: String) {
    self.name = name
    self.verdict = verdict
    self.detail = detail
  }
}

public struct PageMissing: Codable, Sendable, Equatable {
  public var what: String
  /// What gets it; nil if there is no command for that.
  public var command: String?

  public init(what: String, command: String? = nil) {
    self.what = what
    self.command = command
  }
}

public struct PageDocument: Codable, Sendable, Equatable {
  public var title: String
  /// The path from the page's folder.
  public var path: String

  public init(title: String, path: String) {
    self.title = title
    self.path = path
  }
}

/// A line of a record, such as a version.
public struct PageFact: Codable, Sendable, Equatable {
  public var name: String
  public var value: String

  public init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}
