import Maps

/// Everything but the model and the images that decides the results of a deletion benchmark.
public struct DeletionSetup: Sendable, Equatable, Codable {
  /// A metric's name and its options.
  package struct MetricSettings: Sendable, Equatable, Codable {
    let name: String
    let settings: [String: String]
  }

  /// The number of images.
  public let images: Int
  /// The number of pixels of each.
  public let pixels: Int
  package let rivals: Rivals
  /// The options of the attributions that have any, by the attribution's name.
  var attributionSettings: [String: [String: String]]?
  let metrics: [MetricSettings]
  /// Ascending, in 0…1.
  public let fractions: [Double]
  public let order: DeletionOrder
  public let seed: UInt64
  public let series: [MapName]
  /// Images in a block, and images, some pixels of them deleted, that are computed with at once.
  package let blockSize: Int
  package let batchSize: Int
  /// What the answers for changed images are computed in; nil: float32, as the untouched images' and the maps.
  package var precision: AnswerPrecision?

  package var blockCount: Int { (images + blockSize - 1) / blockSize }

  /// The images of a block.
  func range(of block: Int) -> Range<Int> { block * blockSize..<min((block + 1) * blockSize, images) }

  /// All maps, behind each attribution's the sum of its channels.
  var mapsAndSums: [MapName] {
    let maps = series.filter { $0.kind == .map }
    return maps.enumerated().flatMap { index, map in
      index + 1 < maps.count && maps[index + 1].attribution == map.attribution
        ? [map] : [map, map.seen(through: ChannelSum())]
    }
  }

  /// Whether low is what a good map gives by a metric; nil for controls.
  package func isLowGood(_ series: MapName, _ metric: any Metric) -> Bool? {
    guard !series.isControl else { return nil }
    return metric.isLowGood(series) == (order == .descending || !metric.isOrdered)
  }

  /// The metrics themselves, as far as they are among those that there are.
  ///
  /// - Throws: ``EvaluationError`` where one is not known or its options make no sense.
  package func knownMetrics() throws -> [any Metric] {
    try metrics.map { found in
      guard let metric = Metrics.named(found.name, options: found.settings), metric.settings == found.settings else {
        throw EvaluationError.unknownMetric(found.name)
      }
      try metric.check(pixels: pixels)
      return metric
    }
  }
}
