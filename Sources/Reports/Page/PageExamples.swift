import Foundation

/// Images with their maps and with the classifier's answers as more and more of their pixels are deleted.
struct PageExamples: Codable, Sendable, Equatable {
  /// How the images were chosen, in words.
  var choice: String
  /// The classes that no image was found for, and how many classes were left out so that the page does not become too long.
  var without: [String]
  var leftOut: Int
  /// The shares of the pixels deleted at each step, from 0.
  var fractions: [Double]
  var height: Int
  var width: Int
  var examples: [PageExample]
}

/// A correctly classified image.
struct PageExample: Codable, Sendable, Equatable {
  /// Its number among the measured images, from 0.
  var index: Int
  var name: String
  var probability: Double
  /// The picture as the classifier sees it, a PNG.
  var picture: Data
  var maps: [PageMap]
}

/// A map of an example.
struct PageMap: Codable, Sendable, Equatable {
  var attribution: String
  var view: String
  /// The map in colours, a PNG.
  var picture: Data
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
