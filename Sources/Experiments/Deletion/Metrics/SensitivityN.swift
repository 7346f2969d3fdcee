import Foundation
import Maps
import Tensors

/// M. Ancona et al., *Towards better understanding of gradient-based attribution methods*, 2018: Pearson's correlation, over random
/// sets of n pixels, of a map's sum over the set and the fall of the predicted class's logit when the set turns black. The score is
/// the mean over the values of n.
///
/// Cost: ``samples`` forward passes for an image and a size, which serve all maps.
public struct SensitivityN: Metric {
  /// The values of n, ascending; nil: twelve from 1 to 80% of the pixels, in equal ratios.
  public let sizes: [Int]?
  /// The number of random sets of each size.
  public let samples: Int

  public init(sizes: [Int]? = nil, samples: Int = 100) {
    self.sizes = sizes
    self.samples = samples
  }

  public var name: String { "sensitivity-n" }
  public var title: String { "Sensitivity-n" }
  public var quantity: String { "correlation" }
  public var summary: CurveSummary { .mean }
  public var isOrdered: Bool { false }
  public var scoresSums: Bool { true }

  public var settings: [String: String] {
    let sizes = sizes.map { ["sizes": $0.map(String.init).joined(separator: ",")] } ?? [:]
    return sizes.merging(["samples": "\(samples)"]) { $1 }
  }

  public func configured(by options: [String: String]) -> SensitivityN {
    let sizes = options["sizes"].map { $0.split(separator: ",").map { Int($0) ?? 0 } }
    return SensitivityN(sizes: sizes ?? self.sizes, samples: options["samples"].flatMap { Int($0) } ?? samples)
  }

  public func check(pixels: Int) throws {
    guard samples >= 2 else { throw EvaluationError.tooFewSamples }
    guard let sizes else { return }
    guard let first = sizes.first, let last = sizes.last, first >= 1, last <= pixels,
      zip(sizes, sizes.dropFirst()).allSatisfy(<)
    else { throw EvaluationError.sizes(pixels: pixels) }
  }

  /// What should hurt correlates with the fall of the logit.
  public func isLowGood(_ map: MapName) -> Bool { !Replacement.black.hurts(map) }

  func sizes(of pixels: Int) -> [Int] {
    if let sizes { return sizes }
    let largest = max(1, 0.8 * Double(pixels))
    return Set((0..<12).map { Int((pow(largest, Double($0) / 11) + 0.5).rounded(.down)) }).sorted()
  }

  public func fractions(in setup: DeletionSetup) -> [Double] {
    sizes(of: setup.pixels).map { Double($0) / Double(setup.pixels) }
  }

  public func passes(in setup: DeletionSetup) -> Int { sizes(of: setup.pixels).count * samples }

  public var plot: CurvePlot {
    CurvePlot(
      file: name, xLabel: "log₁₀ of the number of pixels n", yLabel: "correlation", yRange: nil, isLogarithmic: true,
      note: "Between the sum of a map over \(samples) random sets of n pixels and the fall of the logit when they "
        + "turn black; mean over the images.")
  }

  public func measure(_ block: DeletionWork, progress: (Double) -> Void) throws -> MetricAnswers {
    let (pixels, device) = (block.setup.pixels, block.images.device)
    let sizes = sizes(of: pixels)
    let hasControl = series(in: block.setup).contains(where: \.isControl)
    let values = try weights(block.mapsAndSums, hasControl ? [block.random()] : [])
    // Image by image, size by size.
    let itemCount = block.range.count * sizes.count * samples
    var sets = PixelSets(seed: block.setup.seed, images: block.range, sizes: sizes, samples: samples, pixels: pixels)
    var (logits, sums): ([Double], [Double]) = ([], [])
    for part in (0..<itemCount).batches(of: block.setup.batchSize) {
      let chosen = part.map { $0 / (sizes.count * samples) }
      let bytes = block.time(\.ranking) { sets.next(part.count) }
      let members = try Tensor(bytes, shape: [part.count, pixels]).to(device)
      let answers = try block.logits(of: chosen, replacing: .black) {
        try members.isGreater(than: Tensor(repeating: 0, shape: [], type: .uint8, device: device))
      }
      let classes = chosen.map { Int64(block.untouched[$0].predicted) }
      logits += try answers.gather(axis: 1, Tensor(classes, shape: [part.count, 1]).to(device)).doubles()
      try block.time(\.ranking) {
        var first = 0
        while first < part.count {
          let rows = first..<(chosen[first...].firstIndex { $0 != chosen[first] } ?? part.count)
          sums += try members[rows].to(.float64).linear(weight: values[chosen[first]]).doubles()
          first = rows.upperBound
        }
      }
      progress(Double(part.upperBound) / Double(itemCount))
    }
    guard logits.allSatisfy(\.isFinite) else { throw ClassifierError.notFinite(what: "logits") }

    let seriesCount = values[0].shape[0]
    return MetricAnswers(
      values: values.indices.flatMap { image in
        (0..<seriesCount).flatMap { series in
          sizes.indices.map { size in
            let first = (image * sizes.count + size) * samples
            let items = first..<first + samples
            // The fall of a logit is a constant less the logit that is left.
            let correlation = Correlation.pearson(
              items.map { sums[$0 * seriesCount + series] }, Array(logits[items]), rounding: 1e-6)
            return Float(-max(-1, min(1, correlation ?? 0)))
          }
        }
      })
  }

  /// For each image the maps' values, [series, H·W] in float64. What is added to all pixels does not count where all sets are
  /// of a size; so the lowest value is taken away, that the sums of a constant map are exactly zero.
  @TorchActor private func weights(_ maps: [Tensor], _ controls: [Ranking]) throws -> [Tensor] {
    let all =
      try maps.map { try $0.reshaped([$0.shape[0], -1]).to(.float64) } + controls.map { try $0.places.to(.float64) }
    let shifted = try all.map { try $0 - $0.min(axis: 1, keepingAxis: true).values }
    return try (0..<all[0].shape[0]).map { image in try Tensor.concatenate(shifted.map { try $0[image..<image + 1] }) }
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
