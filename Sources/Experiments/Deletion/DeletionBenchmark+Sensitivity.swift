import Maps
import Tensors

extension DeletionBenchmark {
  /// The correlations of sensitivity-n: [image][series][size].
  @TorchActor func sensitivity(
    _ metric: CurveMetric, _ maps: [Tensor], _ controls: [Ranking], _ range: Range<Int>, _ untouched: [Answer],
    _ exchange: PixelExchange, _ progress: (Double) -> Void
  ) throws -> [Float] {
    let (sizes, samples, device) = (metric.counts(of: setup.pixels), metric.samples ?? 0, exchange.images.device)
    let values = try weights(maps, controls)
    let replacement = try exchange.values(of: metric.replacement)
    // Image by image, size by size.
    let itemCount = range.count * sizes.count * samples
    var sets = PixelSets(seed: setup.seed, images: range, sizes: sizes, samples: samples, pixels: setup.pixels)
    var (logits, sums): ([Double], [Double]) = ([], [])
    for start in stride(from: 0, to: itemCount, by: setup.batchSize) {
      let part = Array(start..<min(start + setup.batchSize, itemCount))
      let chosen = part.map { $0 / (sizes.count * samples) }
      let bytes = exchange.clock.time(\.ranking) { sets.next(part.count) }
      let members = try Tensor(bytes, shape: [part.count, setup.pixels]).to(device)
      let batch = try exchange.batch(chosen) {
        try members.isGreater(than: Tensor(repeating: 0, shape: [], type: .uint8, device: device))
      }
      let answers = try exchange.logits(batch, replacement)
      let classes = chosen.map { Int64(untouched[$0].predicted) }
      logits += try answers.gather(axis: 1, Tensor(classes, shape: [part.count, 1]).to(device)).doubles()
      try exchange.clock.time(\.ranking) {
        var first = 0
        while first < part.count {
          let rows = first..<(chosen[first...].firstIndex { $0 != chosen[first] } ?? part.count)
          sums += try members[rows].to(.float64).linear(weight: values[chosen[first]]).doubles()
          first = rows.upperBound
        }
      }
      progress(Double(start + part.count) / Double(itemCount))
    }
    guard logits.allSatisfy(\.isFinite) else { throw ClassifierError.notFinite(what: "logits") }

    let seriesCount = values[0].shape[0]
    return values.indices.flatMap { image in
      (0..<seriesCount).flatMap { series in
        sizes.indices.map { size in
          let first = (image * sizes.count + size) * samples
          let items = first..<first + samples
          // The fall of a logit is a constant less the logit that is left.
          return Float(-Self.correlation(items.map { sums[$0 * seriesCount + series] }, Array(logits[items])))
        }
      }
    }
  }

  /// For each image the maps' values, [series, H·W] in float64. What is added to all pixels does not count where all sets are
  /// of a size; so the lowest value is taken away, that the sums of a constant map are exactly zero.
  @TorchActor private func weights(_ maps: [Tensor], _ controls: [Ranking]) throws -> [Tensor] {
    let all =
      try maps.map { try $0.reshaped([$0.shape[0], -1]).to(.float64) } + controls.map { try $0.places.to(.float64) }
    let shifted = try all.map { try $0 - $0.min(axis: 1, keepingAxis: true).values }
    return try (0..<all[0].shape[0]).map { image in try Tensor.concatenate(shifted.map { try $0[image..<image + 1] }) }
  }

  /// Pearson's correlation, −1…1; 0 where either column varies no more than rounding.
  static func correlation(_ x: [Double], _ y: [Double]) -> Double {
    func centred(_ values: [Double]) -> (differences: [Double], norm: Double)? {
      let mean = values.reduce(0, +) / Double(values.count)
      let differences = values.map { $0 - mean }
      let norm = differences.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let largest = values.reduce(0) { max($0, abs($1)) }
      return norm > 1e-6 * largest * Double(values.count).squareRoot() ? (differences, norm) : nil
    }
    guard let x = centred(x), let y = centred(y) else { return 0 }
    let product = zip(x.differences, y.differences).reduce(0) { $0 + $1.0 * $1.1 }
    return max(-1, min(1, product / x.norm / y.norm))
  }
}

/// Random sets of pixels, which depend on the seed, the image's index in the data set and the size alone: image by image, size
/// by size, sample by sample.
struct PixelSets {
  private let seed: UInt64
  private let images: Range<Int>
  private let sizes: [Int]
  private let samples: Int
  private var drawn = 0
  private var random = SplitMix64(seed: 0)
  /// Its first numbers are the last set; which order it begins with does not matter to the next one's distribution.
  private var pixels: [Int32]

  init(seed: UInt64, images: Range<Int>, sizes: [Int], samples: Int, pixels: Int) {
    (self.seed, self.images, self.sizes, self.samples) = (seed, images, sizes, samples)
    self.pixels = (0..<Int32(pixels)).map { $0 }
  }

  /// The next sets, [count, H·W]: 1 for the members.
  mutating func next(_ count: Int) -> [UInt8] {
    var members = [UInt8](repeating: 0, count: count * pixels.count)
    for row in 0..<count {
      let size = sizes[drawn / samples % sizes.count]
      if drawn % samples == 0 {
        let image = images.lowerBound + drawn / samples / sizes.count
        random = SplitMix64(seed: seed, stream: UInt64(size) << 32 | UInt64(image))
        for index in pixels.indices { pixels[index] = Int32(index) }
      }
      for place in 0..<size {
        pixels.swapAt(place, Int.random(in: place..<pixels.count, using: &random))
        members[row * pixels.count + Int(pixels[place])] = 1
      }
      drawn += 1
    }
    return members
  }
}
