import Foundation
import Maps
import Tensors
import Testing

@testable import Experiments

/// RISE and sensitivity-n straight from their definitions: one image, one map, one changed image after the other.
@TorchActor struct MetricOracle {
  let benchmark: DeletionBenchmark

  /// [series][point]
  func curves(_ metric: any Metric, _ image: Int) throws -> [[Double]] {
    let (original, explained) = try (pixels(image), explained(image))
    return try metric.series(in: benchmark.setup).map { series in
      let map = try values(series, metric, image)
      return try metric.fractions(in: benchmark.setup).map { fraction in
        let count = Int((fraction * Double(benchmark.pixels) + 0.5).rounded(.down))
        if let sensitivity = metric as? SensitivityN {
          return try correlation(map, original, explained, sensitivity, image, count)
        }
        return try probability(map, original, explained, #require(metric as? Rise), image, count)
      }
    }
  }

  private func probability(
    _ map: [Float], _ original: [[Float]], _ explained: Int, _ metric: Rise, _ image: Int, _ count: Int
  ) throws -> Double {
    let other = try replaced(metric.replacement, original)
    let random = randomPlaces(image)
    let sorted = map.indices.sorted {
      if map[$0] == map[$1] { return random[$0] < random[$1] }
      return benchmark.order == .descending ? map[$0] > map[$1] : map[$0] < map[$1]
    }
    let (start, end) = metric.kind == .deletion ? (original, other) : (other, original)
    var changed = start
    for pixel in sorted.prefix(count) {
      for channel in changed.indices { changed[channel][pixel] = end[channel][pixel] }
    }
    let logits = try logits(changed)
    let highest = logits.max() ?? 0
    return exp(logits[explained] - highest) / logits.reduce(0) { $0 + exp($1 - highest) }
  }

  private func correlation(
    _ map: [Float], _ original: [[Float]], _ explained: Int, _ metric: SensitivityN, _ image: Int, _ size: Int
  ) throws -> Double {
    let untouched = try logits(original)[explained]
    // The sets are given by a rule; what is checked is what is made of them.
    var sets = PixelSets(
      seed: benchmark.seed, images: image..<image + 1, sizes: [size], samples: metric.samples, pixels: map.count)
    var (sums, falls): ([Double], [Double]) = ([], [])
    for _ in 0..<metric.samples {
      let members = sets.next(1)
      var changed = original
      var sum = 0.0
      for pixel in map.indices where members[pixel] == 1 {
        sum += Double(map[pixel])
        for channel in changed.indices { changed[channel][pixel] = 0 }
      }
      sums.append(sum)
      falls.append(try untouched - logits(changed)[explained])
    }
    let n = Double(sums.count)
    let (x, y) = (sums.reduce(0, +) / n, falls.reduce(0, +) / n)
    let product = zip(sums, falls).reduce(0) { $0 + ($1.0 - x) * ($1.1 - y) }
    let (a, b) = (sums.reduce(0) { $0 + ($1 - x) * ($1 - x) }, falls.reduce(0) { $0 + ($1 - y) * ($1 - y) })
    return a < 1e-12 || b < 1e-12 ? 0 : product / (a * b).squareRoot()
  }

  private func values(_ series: MapName, _ metric: any Metric, _ image: Int) throws -> [Float] {
    guard series.kind == .map else {
      // RISE's control is a map of ties, that of sensitivity-n the random order itself.
      return randomPlaces(image).map { metric is SensitivityN ? Float($0) : 0 }
    }
    let all = try benchmark.explainer.explain(tensor(pixels(image)), classes: [explained(image)], indices: [image])
    return all[0].map(series.view, of: series.attribution)?.values.values ?? []
  }

  private func randomPlaces(_ image: Int) -> [Int] {
    var random = SplitMix64(seed: benchmark.seed, stream: UInt64(image))
    let keys = (0..<benchmark.pixels).map { _ in random.next() >> 40 }
    var places = Array(repeating: 0, count: keys.count)
    for (place, pixel) in keys.indices.sorted(by: { (keys[$0], $0) < (keys[$1], $1) }).enumerated() {
      places[pixel] = place
    }
    return places
  }

  private func replaced(_ replacement: Replacement, _ image: [[Float]]) throws -> [[Float]] {
    guard replacement == .blur else { return image.map { Array(repeating: 0, count: $0.count) } }
    let blurred = try replacement.values(for: tensor(image)).floats()
    let pixels = image[0].count
    return image.indices.map { Array(blurred[$0 * pixels..<($0 + 1) * pixels]) }
  }

  private func explained(_ image: Int) throws -> Int {
    let logits = try logits(pixels(image))
    return logits.indices.max { (logits[$0], -$0) < (logits[$1], -$1) } ?? 0
  }

  private func logits(_ image: [[Float]]) throws -> [Double] {
    try benchmark.explainer.classifier.logits(tensor(image)).doubles()
  }

  /// [channel][pixel]
  func pixels(_ image: Int) throws -> [[Float]] {
    let raster = benchmark.images[image]
    return (0..<raster.channels).map { channel in
      (0..<raster.height * raster.width).map { Float(raster.values[$0 * raster.channels + channel]) / 255 }
    }
  }

  func tensor(_ image: [[Float]]) throws -> Tensor {
    try Tensor(image.flatMap { $0 }, shape: [1, image.count, benchmark.images.height, benchmark.images.width])
  }
}
