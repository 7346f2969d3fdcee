import Experiments
import Foundation
import Maps

/// Everything that a page of results says in numbers and names; the pictures are `PageExamples`. It is plain data: written
/// beside the page as JSON, it lets anyone recompute what the page shows.
public struct PageReport: Codable, Sendable, Equatable {
  public var title: String
  /// The version of the paper whose numbers stand beside the measured ones; nil: none do.
  var paper: Paper.Version?
  var experiments: [PageExperiment]
  /// What could not be measured, and how that can be changed.
  var missing: [PageMissing] = []
  /// Files beside the page for its readers, such as a PDF of the tables and figures.
  var documents: [PageDocument] = []
  /// How all of it was made.
  var making: [PageFact]
}

/// One model on one data set.
struct PageExperiment: Codable, Sendable, Equatable {
  /// The name of its files' folder and of its place in the page: ASCII letters, digits, `-`, `_` and `.`.
  var name: String
  /// The model and the data set for people.
  var model: String
  var dataset: String
  /// How many images were measured, and of how many classes.
  var images: Int
  var classes: Int
  /// The accuracy on the untouched images, 0…1.
  var accuracy: Estimate
  var paperAccuracy: Double?
  /// The mean of the accuracies of batches of 128 images, and what the paper's Table 1 prints, which is the same of its network.
  var batchAccuracy = 0.0
  var printedAccuracy: Double?
  /// What the curves show, such as `accuracy`.
  var score = "accuracy"
  var areas: [PageArea]
  var curves: [PageCurve]
  /// What was claimed of the areas, and whether it shows.
  var claims: [OrderClaim] = []
  /// What a self-audit found.
  var checks: [AuditCheck] = []
  /// How the areas differ over trainings and their last epochs; nil where that was not measured.
  var spread: PageSpread?
  var making: [PageFact] = []
}

/// The area under a deletion curve.
struct PageArea: Codable, Sendable, Equatable {
  /// What deleted pixels become, such as `black`.
  var metric: String
  var map: MapName
  var estimate: Estimate
  var paper: Double?
  /// Whether a low area is what a good map gives; nil for controls.
  var isLowGood: Bool?
}

/// A deletion curve: the score at each fraction, and the share of the pixels that was deleted indeed.
struct PageCurve: Codable, Sendable, Equatable {
  var metric: String
  var map: MapName
  var fractions: [Double]
  var deleted: [Double]
  var values: [Double]
}

/// How areas differ over the networks of the last epochs of several trainings.
struct PageSpread: Codable, Sendable, Equatable {
  /// How many trainings, and of how many of their last epochs each.
  var seeds: Int
  var epochs: Int
  /// How many epochs a training has; nil: as many as the paper's.
  var length: Int?
  /// On how many images each network was measured.
  var images: Int
  /// In how many networks the areas of both colours are in the paper's order.
  var ordered: Int
  /// The networks' accuracies on all test images.
  var accuracy: Spread
  var areas: [Area]

  /// The mean is that of the networks on `images`, moved by how much the areas of the trainings' last epochs on all images that
  /// were measured lie above theirs on `images`.
  struct Area: Codable, Sendable, Equatable {
    var metric: String
    var map: MapName
    var spread: Spread
    var paper: Double?

    var place: Spread.Place? { paper.flatMap(spread.place) }
  }
}

public struct PageMissing: Codable, Sendable, Equatable {
  public var what: String
  /// What gets it; nil if there is no command for that.
  public var command: String?
}

struct PageDocument: Codable, Sendable, Equatable {
  var title: String
  /// The path from the page's folder.
  var path: String
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
  var heading: String { "\(model) on \(dataset)" }

  /// The areas that the paper has, too, and by how much they are above the paper's.
  var differencesFromPaper: [(area: PageArea, difference: Double)] {
    areas.compactMap { area in area.paper.map { (area, area.estimate.value - $0) } }
  }

  /// The area that is farthest from the paper's; nil where the paper has none.
  var farthestFromPaper: (area: PageArea, difference: Double)? {
    differencesFromPaper.max { abs($0.difference) < abs($1.difference) }
  }
}

/// Images with their maps and with the classifier's answers as more and more of their pixels are deleted.
package struct PageExamples: Codable, Sendable, Equatable {
  /// How the images were chosen, in words.
  var choice: String
  /// The classes that no image was found for, and how many classes were left out so that the page does not become too long.
  var without: [String]
  var leftOut: Int
  /// The shares of the pixels deleted at each step, from 0.
  var fractions: [Double]
  var height: Int
  var width: Int
  package var examples: [PageExample]
}

/// A correctly classified image.
package struct PageExample: Codable, Sendable, Equatable {
  /// Its number among the measured images, from 0.
  var index: Int
  package var name: String
  package var probability: Double
  /// The picture as the classifier sees it, a PNG.
  package var picture: Data
  package var maps: [PageMap]
}

/// A map of an example.
package struct PageMap: Codable, Sendable, Equatable {
  package var attribution: String
  package var view: String
  /// The map in colours, a PNG.
  package var picture: Data
  /// For each pixel, row-major, a byte: the first step at which it is deleted, 255 if it never is.
  var steps: Data
  /// How many pixels are deleted at each step.
  var deleted: [Int]
  /// By what deleted pixels become, `black` or `white`: the answer at each step.
  var answers: [String: [PageAnswer]]
}

/// What a classifier says of an image.
struct PageAnswer: Codable, Sendable, Equatable {
  /// The predicted class and its probability, 0…1.
  var name: String
  var probability: Double
  /// The probability of the class that the maps explain.
  var explained: Double
}
