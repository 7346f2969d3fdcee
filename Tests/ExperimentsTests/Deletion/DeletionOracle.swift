import Foundation
import Maps
import Rasters
import Tensors

@testable import Experiments

/// Deletion written straight from the protocol: one image, one map, one fraction after the other, nothing shared.
@TorchActor struct DeletionOracle {
  let benchmark: DeletionBenchmark

  struct Answer {
    let predicted: Int
    let probability: Double
    let deleted: Int
  }

  func untouched(_ image: Int) throws -> Int { try answer(pixels(image), explained: 0).predicted }

  /// [metric][series][fraction]
  func answers(_ image: Int) throws -> [[[Answer]]] {
    let original = try pixels(image)
    let explained = try untouched(image)
    let explanation = try benchmark.explainer.explain(tensor(original), classes: [explained])[0]
    return try benchmark.metrics.compactMap { ($0 as? Accuracy)?.replacement }.map { replacement in
      try benchmark.series.map { series in
        let order = order(series, image, explanation)
        return try benchmark.fractions.map { fraction in
          let count = min(Int(floor(fraction * Double(original.height * original.width) + 0.5)), order.count)
          var changed = original
          for pixel in order.prefix(count) {
            for channel in 0..<original.channels {
              changed.values[pixel * original.channels + channel] = value(replacement, original, pixel, channel)
            }
          }
          let answer = try answer(changed, explained: explained)
          return Answer(predicted: answer.predicted, probability: answer.probability, deleted: count)
        }
      }
    }
  }

  /// The pixels that a series may delete, in its order.
  private func order(_ series: MapName, _ image: Int, _ explanation: Explanation) -> [Int] {
    let map = explanation.map(series.view, of: series.attribution)?.values.values ?? []
    let salient = map.indices.filter { map[$0] != 0 }
    guard series.kind == .map else {
      // Random orders are given by a rule; what is checked is that all series use the same one.
      var random = SplitMix64(seed: benchmark.seed, stream: UInt64(image))
      let pixels = benchmark.images.height * benchmark.images.width
      let keys = (0..<pixels).map { _ in random.next() >> 40 }
      let order = (0..<pixels).sorted { (keys[$0], $0) < (keys[$1], $1) }
      return series.kind == .random ? order : Array(order.prefix(salient.count))
    }
    return salient.sorted {
      if map[$0] == map[$1] { return $0 < $1 }
      return benchmark.order == .descending ? map[$0] > map[$1] : map[$0] < map[$1]
    }
  }

  private func value(_ replacement: Replacement, _ image: Raster<Float>, _ pixel: Int, _ channel: Int) -> Float {
    switch replacement {
    case .black: return 0
    case .white: return 1
    case .mean:
      let pixels = image.height * image.width
      return (0..<pixels).reduce(0) { $0 + image.values[$1 * image.channels + channel] } / Float(pixels)
    case .blur:
      let deviation = Double(min(image.height, image.width)) / 16
      let radius = max(1, Int((3 * deviation).rounded(.up)))
      let (row, column) = (pixel / image.width, pixel % image.width)
      var (sum, total) = (0.0, 0.0)
      for y in max(0, row - radius)...min(image.height - 1, row + radius) {
        for x in max(0, column - radius)...min(image.width - 1, column + radius) {
          let distance = Double((y - row) * (y - row) + (x - column) * (x - column))
          let weight = exp(-distance / (2 * deviation * deviation))
          sum += weight * Double(image.values[(y * image.width + x) * image.channels + channel])
          total += weight
        }
      }
      return Float(sum / total)
    }
  }

  private func pixels(_ image: Int) throws -> Raster<Float> {
    let raster = benchmark.images[image]
    return Raster(
      height: raster.height, width: raster.width, channels: raster.channels,
      values: raster.values.map { Float($0) * Float(1.0 / 255) })
  }

  /// With the bits and in the memory order of the benchmark's images: on some processors another order rounds gradients in
  /// other ways, and where two classes' are all but equal a pixel enters or leaves a map.
  private func tensor(_ image: Raster<Float>) throws -> Tensor {
    try Tensor(image.values, shape: [1, image.height, image.width, image.channels]).permuted([0, 3, 1, 2])
  }

  private func answer(_ image: Raster<Float>, explained: Int) throws -> (predicted: Int, probability: Double) {
    let logits = try benchmark.explainer.classifier.logits(tensor(image)).doubles()
    let best = logits.indices.max { (logits[$0], -$0) < (logits[$1], -$1) } ?? 0
    return (best, exp(logits[explained] - logits[best]) / logits.reduce(0) { $0 + exp($1 - logits[best]) })
  }
}
