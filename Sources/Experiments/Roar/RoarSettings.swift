import Maps
import Networks
import Training

/// What a ``RoarRun`` measures.
public struct RoarSettings: RunSettings {
  public static let words = ["attributions": "options of attributions"]

  /// The model whose maps are taken: its name and its file's SHA-256.
  package let model: String
  package let modelSum: String
  package let dataset: String
  package let trainingImages: Int
  package let testImages: Int
  /// What is trained.
  package let architecture: Architecture
  package let recipe: Recipe
  /// Each training is done with so many seeds, the recipe's and the next ones.
  package let seeds: Int
  /// Ascending, without 0: untouched images are always trained on.
  package let fractions: [Double]
  package let maps: [MapName]
  /// The attributions' options by name.
  package let attributions: [String: [String: String]]

  /// All trainings, those on untouched images first.
  var trainings: [Training] {
    (0..<seeds).map { Training(map: nil, fraction: 0, seed: $0) }
      + maps.flatMap { map in
        fractions.flatMap { fraction in (0..<seeds).map { Training(map: map, fraction: fraction, seed: $0) } }
      }
  }

  /// One network to be trained.
  struct Training: Sendable, Hashable {
    /// Nil: untouched images.
    let map: MapName?
    let fraction: Double
    /// Counted from 0.
    let seed: Int

    /// Its folder in the run's.
    var name: String { "trainings/\(map.map { "\($0.slug)-\(fraction)" } ?? "untouched")-\(seed)" }
    /// For what came of it.
    var file: String { "\(name).json" }

    var title: String {
      let what = map.map { "\($0.title), \(fraction) removed" } ?? "untouched images"
      return "\(what), seed \(seed + 1)"
    }
  }
}
