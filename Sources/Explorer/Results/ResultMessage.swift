import Foundation

/// One model's deletion on one data set, as the page of results shows it.
package struct ResultMessage: ExplorerMessage {
  struct Curve: Encodable {
    let metric, title: String
    let isControl: Bool
    let light, dark: String
    let dash: [Double]
    let fractions, accuracy: [Double]
  }

  /// An image, and how much a map failed on it.
  struct Image: Encodable {
    let index: Int
    /// 0…1: how much of the curve lies where it should not.
    let failure: Double
    /// The predicted class at every fraction.
    let classes: [Int]
  }

  struct Ranking: Encodable {
    let metric, title: String
    /// Whether the answer should soon change, or stay.
    let shouldChange: Bool
    /// The mean over all images.
    let mean: Double
    let worst: [Image]
  }

  struct Example: Encodable {
    struct Map: Encodable {
      let title: String
      let picture: Data
    }
    let name: String
    let probability: Double
    let picture: Data
    let maps: [Map]
  }

  package let type = "result"
  let path, model, dataset: String
  let images: Int
  let fractions: [Double]
  let metrics: [String: String]
  let curves: [Curve]
  let rankings: [Ranking]
  /// The classes' names, if the model is at hand.
  let labels: [String]
  /// The true class of every image in the rankings, and the image itself as PNG, where there are any.
  let truths: [String: Int]
  let pictures: [String: Data]
  /// Why there are none.
  let missing: String?
  let examples: [Example]
  /// A page that lies in the folder.
  let page: String?
}
