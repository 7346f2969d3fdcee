import Foundation

/// Images with their maps and with the classifier's answers as more and more of their pixels are deleted.
public struct PageExamples: Codable, Sendable, Equatable {
  /// How the images were chosen, in words.
  public var choice: String
  /// The classes that no image was found for, and how many classes were left out so that the page does not become too long.
  public var without: [String]
  public var leftOut: Int
  /// The shares of the pixels deleted at each step, from 0.
  public var fractions: [Double]
  public var height: Int
  public var width: Int
  public var examples: [PageExample]

  public init(
    choice: String, without: [String], leftOut: Int, fractions: [Double], height: Int, width: Int,
    examples: [PageExample]
  ) {
    self.choice = choice
    self.without = without
    self.leftOut = leftOut
    self.fractions = fractions
    self.height = height
    self.width = width
    self.examples = examples
  }
}

/// A correctly classified image.
public struct PageExample: Codable, Sendable, Equatable {
  /// Its number among the measured images, from 0.
  public var index: Int
  public var name: String
  public var probability: Double
  /// The picture as the classifier sees it, a PNG.
  public var picture: Data
  public var maps: [PageMap]

  public init(index: Int, name: String, probability: Double, picture: Data, maps: [PageMap]) {
    self.index = index
    self.name = name
    self.probability = probability
    self.picture = picture
    self.maps = maps
  }
}

/// A map of an example.
public struct PageMap: Codable, Sendable, Equatable {
  public var attribution: String
  public var view: String
  /// The map in colours, a PNG.
  public var picture: Data
  /// For each pixel, row-major, a byte: the first step at which it is deleted, 255 if it never is.
  public var steps: Data
  /// How many pixels are deleted at each step.
  public var deleted: [Int]
  /// By what deleted pixels become, `black` or `white`: the answer at each step.
  public var answers: [String: [PageAnswer]]

  public init(
    attribution: String, view: String, picture: Data, steps: Data, deleted: [Int], answers: [String: [PageAnswer]]
  ) {
    self.attribution = attribution
    self.view = view
    self.picture = picture
    self.steps = steps
    self.deleted = deleted
    self.answers = answers
  }
}

/// What a classifier says of an image.
public struct PageAnswer: Codable, Sendable, Equatable {
  /// The predicted class and its probability, 0…1.
  public var name: String
  public var probability: Double
  /// The probability of the class that the maps explain.
  public var explained: Double

  public init(name: String, probability: Double, explained: Double) {
    self.name = name
    self.probability = probability
    self.explained = explained
  }
}
