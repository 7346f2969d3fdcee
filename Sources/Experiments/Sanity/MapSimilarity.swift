import Rasters

/// How alike two maps of one image are, by the four measures of J. Adebayo and others, *Sanity Checks for Saliency Maps*, 2018.
public struct MapSimilarity: Sendable, Equatable {
  /// Rank correlation of the values as they are, −1…1; see ``Correlation``.
  public let spearman: Double
  /// Rank correlation of the magnitudes. The same as ``spearman`` for maps without negative values.
  public let spearmanOfMagnitudes: Double
  /// See `StructuralSimilarity`; nil for maps smaller than its window.
  public let structural: Double?
  /// Pearson's correlation of the `OrientedGradients`; nil for maps smaller than a block.
  public let gradients: Double?

  /// The measures by the names that files use, in their order.
  public static let measures: [(name: String, value: @Sendable (MapSimilarity) -> Double?)] = [
    ("spearman", { $0.spearman }), ("spearman_abs", { $0.spearmanOfMagnitudes }), ("ssim", { $0.structural }),
    ("hog", { $0.gradients }),
  ]

  public init(_ a: Raster<Float>, _ b: Raster<Float>) { self.init(MapFeatures(a), MapFeatures(b)) }

  init(_ a: MapFeatures, _ b: MapFeatures) {
    spearman = Correlation.pearson(a.ranks, b.ranks) ?? 0
    spearmanOfMagnitudes = a.isSigned || b.isSigned ? Correlation.pearson(a.magnitudes, b.magnitudes) ?? 0 : spearman
    structural = StructuralSimilarity.between(a.picture, b.picture)
    gradients = a.descriptor.isEmpty ? nil : Correlation.pearson(a.descriptor, b.descriptor) ?? 0
  }
}

/// What the measures want to know of one map, computed once.
struct MapFeatures {
  let isSigned: Bool
  let ranks: [Double]
  /// The ranks of the magnitudes.
  let magnitudes: [Double]
  /// The map in 0…1: without negative values from its lowest to its highest; else 0 becomes ½ and the largest magnitude 0 or 1.
  /// A constant map is 0, or ½ with negative values.
  let picture: Raster<Float>
  let descriptor: [Double]

  init(_ map: Raster<Float>) {
    let (low, high) = (map.values.min() ?? 0, map.values.max() ?? 0)
    isSigned = low < 0
    ranks = Correlation.ranks(map.values)
    magnitudes = isSigned ? Correlation.ranks(map.values.map { abs($0) }) : ranks
    let (zero, range) = low < 0 ? (-max(-low, high), 2 * max(-low, high)) : (low, high - low)
    picture = map.map { range > 0 ? ($0 - zero) / range : 0 }
    descriptor = OrientedGradients.descriptor(of: picture)
  }
}
