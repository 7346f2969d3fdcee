import Maps

/// Everything but the model and the images that decides the results of a deletion benchmark.
public struct DeletionSetup: Sendable, Equatable, Codable {
  /// The number of images.
  public let images: Int
  /// The number of pixels of each.
  public let pixels: Int
  public let rivals: Rivals
  /// The options of the attributions that have any, by the attribution's name.
  public var attributionSettings: [String: [String: String]]?
  public let replacements: [Replacement]
  /// Ascending, in 0…1.
  public let fractions: [Double]
  public let order: DeletionOrder
  public let seed: UInt64
  public let series: [DeletionSeries]
  /// The metrics with a curve for every image; nil: none.
  public var curveMetrics: [CurveMetric]?
  /// Images in a block, and images, some pixels of them deleted, that are computed with at once.
  public let blockSize: Int
  public let batchSize: Int
  /// What the answers for changed images are computed in; nil: as the untouched images' and the maps.
  public var precision: Precision?

  public var blockCount: Int { (images + blockSize - 1) / blockSize }

  /// The images of a block.
  public func range(of block: Int) -> Range<Int> { block * blockSize..<min((block + 1) * blockSize, images) }

  /// What a metric scores: all maps, for sensitivity-n the sum of each attribution's channels, too, and random pixels if
  /// there are controls.
  public func series(of metric: CurveMetric) -> [DeletionSeries] {
    let controls = series.filter { $0.kind == .random }
    guard metric.kind == .sensitivityN else { return series.filter { $0.kind == .map } + controls }
    return explained + controls
  }

  /// What an explainer is asked for, in its order: maps, and if a metric wants them the sums.
  var explained: [DeletionSeries] {
    let maps = series.filter { $0.kind == .map }
    guard addsSums else { return maps }
    return maps.enumerated().flatMap { index, map in
      index + 1 < maps.count && maps[index + 1].attribution == map.attribution
        ? [map] : [map, DeletionSeries(.map, attribution: map.attribution, view: ChannelSum.viewName)]
    }
  }

  var addsSums: Bool { curveMetrics?.contains { $0.kind == .sensitivityN } == true }
}
