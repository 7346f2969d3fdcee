import Maps
import Rasters

/// What a ``SanityCheck`` found.
public struct SanityResult: Sendable {
  /// The maps of one image.
  public struct Example: Sendable {
    /// What the classifier saw, in 0…1.
    public let image: Raster<Float>
    /// The class that the maps explain.
    public let explained: Int
    /// In the order of ``maps``.
    public let trained: [Raster<Float>]
    /// For every step.
    public internal(set) var changed: [[Raster<Float>]] = []
  }

  /// The maps that were checked; the edges of the image, which ignore the model, are the last.
  public let maps: [MapName]
  public let steps: [SanityCheck.Step]
  public let imageCount: Int
  /// How alike the map of the trained model and that of the changed one are: [step][map][image].
  public internal(set) var similarities: [[[MapSimilarity]]]
  /// The first image.
  public internal(set) var example: Example?

  init(maps: [MapName], steps: [SanityCheck.Step], imageCount: Int) {
    self.maps = maps
    self.steps = steps
    self.imageCount = imageCount
    similarities = steps.map { _ in maps.map { _ in [] } }
  }

  /// The mean of a measure over the images; nil where maps are too small for it.
  public func mean(step: Int, map: Int, _ measure: (MapSimilarity) -> Double?) -> Estimate? {
    let values = similarities[step][map].compactMap(measure)
    return values.isEmpty ? nil : .mean(values)
  }

  /// Whether a map depends on what the model has learnt.
  public enum Verdict: String, Sendable, Codable {
    case depends
    case partly
    case ignores = "does not depend"
  }

  /// Below the first rank correlation ρ two maps count as different: less than a quarter of the variance of their ranks is shared,
  /// ρ² < ¼. Above the second they count as the same, ρ² > ¾. They are conventions.
  public static let limits = (different: 0.5, same: 0.75.squareRoot())

  /// By the rank correlation, of the values as they are, with the maps of a model whose layers are random. A map depends on what
  /// the model has learnt if the 95% interval lies below the first of the ``limits`` both when all layers are random and when the
  /// upper half of them are, ⌈n/2⌉ of n. It does not if the interval for all layers lies above the second. Anything else is
  /// partly, such as a map that traces the edges which the first layers find.
  ///
  /// - Returns: nil where no such models were among the steps.
  public func verdict(map: Int) -> (verdict: Verdict, all: Estimate, half: Estimate)? {
    let cascade = steps.indices.filter { steps[$0].kind == .cascading }
    guard let last = cascade.last, let all = mean(step: last, map: map, { $0.spearman }),
      let half = mean(step: cascade[(cascade.count + 1) / 2 - 1], map: map, { $0.spearman })
    else { return nil }
    let isDifferent = [all, half].allSatisfy { $0.high < Self.limits.different }
    return (isDifferent ? .depends : all.low > Self.limits.same ? .ignores : .partly, all, half)
  }
}
