import Experiments
import Maps

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
  public var accuracy: Estimate
  public var paperAccuracy: Double?
  public var areas: [PageArea]
  public var curves: [PageCurve]
  /// What was claimed of the areas, and whether it shows.
  public var claims: [OrderClaim] = []
  /// What a self-audit found.
  public var checks: [AuditCheck] = []
  public var making: [PageFact] = []

  public init(
    name: String, model: String, dataset: String, images: Int, classes: Int, accuracy: Estimate,
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

/// The area under a deletion curve.
public struct PageArea: Codable, Sendable, Equatable {
  /// What deleted pixels become, such as `black`.
  public var metric: String
  public var map: MapName
  public var estimate: Estimate
  public var paper: Double?
  /// Whether a low area is what a good map gives; nil for controls.
  public var isLowGood: Bool?

  public init(
    _ metric: String, _ map: MapName, _ estimate: Estimate, paper: Double? = nil, isLowGood: Bool? = nil
  ) {
    self.metric = metric
    self.map = map
    self.estimate = estimate
    self.paper = paper
    self.isLowGood = isLowGood
  }
}

/// A deletion curve: the accuracy at each fraction, and the share of the pixels that was deleted indeed.
public struct PageCurve: Codable, Sendable, Equatable {
  public var metric: String
  public var map: MapName
  public var fractions: [Double]
  public var deleted: [Double]
  public var accuracy: [Double]

  public init(_ metric: String, _ map: MapName, fractions: [Double], deleted: [Double], accuracy: [Double]) {
    self.metric = metric
    self.map = map
    self.fractions = fractions
    self.deleted = deleted
    self.accuracy = accuracy
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

extension PageExperiment {
  /// The areas that the paper has, too, and by how much they are above the paper's.
  var differencesFromPaper: [(area: PageArea, difference: Double)] {
    areas.compactMap { area in area.paper.map { (area, area.estimate.value - $0) } }
  }

  /// The area that is farthest from the paper's; nil where the paper has none.
  public var farthestFromPaper: (area: PageArea, difference: Double)? {
    differencesFromPaper.max { abs($0.difference) < abs($1.difference) }
  }
}
