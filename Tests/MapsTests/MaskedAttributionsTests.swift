import Tensors
import TestSupport
import Testing

@testable import Maps

/// Occlusion and random masks against slow loops, on linear classifiers.
@Suite @TorchActor struct MaskedAttributionsTests {
  nonisolated static let cases = (740..<752).map { Case(seed: $0) }

  /// What each element of an image speaks for a class against a baseline: W ⊙ (I − b).
  private func shares(_ test: Case, _ image: Int, _ explained: Int, baseline: Float) -> [Float] {
    let size = test.channels * test.height * test.width
    return (0..<size).map { test.weight[explained * size + $0] * (test.images[image * size + $0] - baseline) }
  }

  private func values(
    _ attribution: any Attribution, _ test: Case, _ explained: Int, memory: Int = 1 << 30
  ) throws -> [Float] {
    try attribution.begin(ImageBatch(test.batch(), memory: memory), test.classifier())
      .values(for: Array(repeating: explained, count: test.imageCount)).floats()
  }

  @Test(arguments: cases) func occlusionIsTheMeanOverTheWindows(_ test: Case) throws {
    var random = SeededGenerator(seed: test.seed)
    let window = Occlusion.Size(
      height: .random(in: 1...test.height, using: &random), width: .random(in: 1...test.width, using: &random))
    let stride = Occlusion.Size(
      height: .random(in: 1...window.height, using: &random), width: .random(in: 1...window.width, using: &random))
    let (explained, pixels) = (test.classes - 1, test.height * test.width)
    let expected = (0..<test.imageCount).flatMap { image in
      let shares = shares(test, image, explained, baseline: 1)
      var (sums, counts) = ([Float](repeating: 0, count: pixels), [Float](repeating: 0, count: pixels))
      // The last window is the first that reaches the edge.
      var tops = [0]
      var lefts = [0]
      while tops[tops.count - 1] + window.height < test.height { tops.append(tops[tops.count - 1] + stride.height) }
      while lefts[lefts.count - 1] + window.width < test.width { lefts.append(lefts[lefts.count - 1] + stride.width) }
      for top in tops {
        for left in lefts {
          let covered = (0..<pixels).filter { pixel in
            (top..<top + window.height).contains(pixel / test.width)
              && (left..<left + window.width).contains(pixel % test.width)
          }
          let lost = covered.flatMap { pixel in (0..<test.channels).map { shares[$0 * pixels + pixel] } }.reduce(0, +)
          for pixel in covered {
            sums[pixel] += lost
            counts[pixel] += 1
          }
        }
      }
      return (0..<test.channels).flatMap { _ in zip(sums, counts).map { $0 / $1 } }
    }
    let occlusion = Occlusion(window: window, stride: stride, baseline: .white)
    expectClose(try values(occlusion, test, explained), expected, relative: 1e-4, absolute: 1e-4)
    // Room for one pass at a time, and for one class.
    expectClose(try values(occlusion, test, explained, memory: 1 << 10), expected, relative: 1e-4, absolute: 1e-4)
  }

  @Test(arguments: cases) func randomMasksGiveTheSlopeOfTheLogit(_ test: Case) throws {
    let explained = 0
    let rise = RandomMasks(
      masks: 40, cells: min(3, test.height, test.width), probability: 0.4, baseline: .white, seed: test.seed)
    let pixels = test.height * test.width
    let masks = try (0..<40).map { try rise.mask(0, $0, height: test.height, width: test.width).floats() }
    let mean = (0..<pixels).map { pixel in masks.map { $0[pixel] }.reduce(0, +) / 40 }
    let expected = (0..<test.imageCount).flatMap { image in
      let shares = shares(test, image, explained, baseline: 1)
      let logits = masks.map { mask in shares.indices.map { shares[$0] * mask[$0 % pixels] }.reduce(0, +) }
      let slopes: [Float] = (0..<pixels).map { pixel in
        let deviations = masks.map { $0[pixel] - mean[pixel] }
        let squares = deviations.map { $0 * $0 }.reduce(0, +)
        return squares < 1e-5 ? 0 : zip(deviations, logits).map { $0 * $1 }.reduce(0, +) / squares
      }
      return (0..<test.channels).flatMap { _ in slopes }
    }
    let scale = expected.map(abs).max() ?? 0
    expectClose(try values(rise, test, explained), expected, absolute: 1e-4 * (1 + scale))
    expectClose(try values(rise, test, explained, memory: 1 << 10), expected, absolute: 1e-4 * (1 + scale))
  }

  /// Where the logit knows one pixel alone, its slope on that pixel's mask is W (I − b), whatever the masks, and pixels that masks
  /// seldom share with it get less.
  @Test func theOnlyPixelThatCountsGetsItsWholeShare() throws {
    let (side, pixel) = (12, 6 * 12 + 2)
    var weight = [Float](repeating: 0, count: 2 * side * side)
    weight[pixel] = 3
    weight[side * side + pixel] = -2
    let classifier = try LinearClassifier(weight: weight, classes: 2, channels: 1, height: side, width: side)
    let image = try Tensor(repeating: 0.5, shape: [1, 1, side, side])
    let work = try RandomMasks(masks: 300).begin(ImageBatch(image), classifier)
    for (explained, share) in [(0, 1.5), (1, -1.0)] as [(Int, Float)] {
      let values = try work.values(for: [explained]).floats()
      #expect(abs(values[pixel] - share) < 1e-4)
      let far = (0..<side).map { abs(values[$0 * side + side - 1] / share) }
      // 300 masks leave the correlation of independent cells a deviation of 0.06.
      #expect(far.allSatisfy { $0 < 0.3 })
    }
  }

  @Test(arguments: [(9, 12, 4), (5, 5, 5), (7, 3, 2), (4, 4, 1)])
  func masksAreEnlargedGridsShifted(height: Int, width: Int, cells: Int) throws {
    let rise = RandomMasks(cells: cells, probability: 0.3, seed: 5)
    for number in 0..<20 {
      var random = SplitMix64(seed: 5, image: 8, pass: number)
      let grid = (0..<cells * cells).map { _ in Double.random(in: 0..<1, using: &random) < 0.3 ? 1.0 : 0 }
      let cell = ((height + cells - 1) / cells, (width + cells - 1) / cells)
      let (top, left) = (Int.random(in: 0..<cell.0, using: &random), Int.random(in: 0..<cell.1, using: &random))
      /// The two cells that count for a place, and the second's share.
      func nearest(_ place: Int, _ cell: Int) -> (Int, Int, Double) {
        let exact = (Double(place) + 0.5) * Double(cells) / Double((cells + 1) * cell) - 0.5
        let inside = min(max(exact, 0), Double(cells - 1))
        return (Int(inside), min(Int(inside) + 1, cells - 1), inside - inside.rounded(.down))
      }
      let expected = (0..<height * width).map { pixel -> Float in
        let (up, down, low) = nearest(pixel / width + top, cell.0)
        let (west, east, far) = nearest(pixel % width + left, cell.1)
        func between(_ row: Int) -> Double { grid[row * cells + west] * (1 - far) + grid[row * cells + east] * far }
        return Float(between(up) * (1 - low) + between(down) * low)
      }
      expectClose(try rise.mask(8, number, height: height, width: width).floats(), expected, absolute: 1e-5)
    }
  }

  @Test func seedAndIndexAloneDecideTheMasks() throws {
    let classifier = try randomLinear(classes: 3, height: 8, width: 10)
    let images = try Formula.tensor(1000, [3, 3, 8, 10])
    func values(_ seed: UInt64, _ images: Tensor, _ indices: [Int]) throws -> [Float] {
      try RandomMasks(masks: 30, seed: seed).begin(ImageBatch(images, indices: indices), classifier)
        .values(for: indices.map { $0 % 3 }).floats()
    }
    let together = try values(1, images, [4, 2, 9])
    let alone = try values(1, images[1..<2], [2])
    expectClose(alone, Array(together[240..<480]), relative: 1e-4, absolute: 1e-4)
    #expect(try values(1, images[1..<2], [2]) == alone)
    #expect(try values(2, images[1..<2], [2]) != alone)
    #expect(try values(1, images[1..<2], [5]) != alone)
  }

  @Test(arguments: [Occlusion(), RandomMasks(masks: 20, cells: 2)] as [any Attribution])
  func passesAreSharedToldAndCancelled(_ attribution: any Attribution) async throws {
    let classifier = try CountingClassifier(randomLinear(classes: 4, height: 8, width: 10))
    let images = try Formula.tensor(1000, [2, 3, 8, 10])
    let work = try attribution.begin(ImageBatch(images), classifier)
    var shares: [Double] = []
    var turns: [Int] = []
    let all = (0..<4).map { [$0, 3 - $0] }
    try work.values(for: all, progress: { shares.append($0) }, { turn, _ in turns.append(turn) })
    #expect(turns == [0, 1, 2, 3])
    #expect(zip(shares, shares.dropFirst()).allSatisfy(<) && abs((shares.last ?? 0) - 1) < 1e-9)
    // Other classes take no further pass.
    let passes = classifier.images
    _ = try work.values(for: [1, 1])
    #expect(classifier.images == passes)

    let fresh = try attribution.begin(ImageBatch(images), classifier)
    await Task { @TorchActor in
      withUnsafeCurrentTask { $0?.cancel() }
      #expect(throws: CancellationError.self) { try fresh.values(for: [0, 0]) }
    }.value
    #expect(classifier.images == passes + 2)
  }

  nonisolated static let nonsense: [(any Attribution, MethodError)] = [
    (Occlusion(window: .init(height: 3, width: 1)), .window("3×1", input: "2×2")),
    (Occlusion(window: .init(height: 0, width: 1)), .window("0×1", input: "2×2")),
    (
      Occlusion(window: .init(height: 1, width: 1), stride: .init(height: 1, width: 2)),
      .stride("1×2", window: "1×1")
    ),
    (Occlusion(stride: .init(height: 0, width: 1)), .stride("0×1", window: "1×1")),
    (RandomMasks(masks: 0), .tooFew("masks of rise", least: 2)), (RandomMasks(cells: 0), .maskCells(0, most: 2)),
    (RandomMasks(cells: 3), .maskCells(3, most: 2)), (RandomMasks(cells: 1, probability: 0), .maskProbability(0)),
    (RandomMasks(cells: 1, probability: 1), .maskProbability(1)),
  ]

  @Test func optionsThatMakeNoSenseAreRefused() throws {
    let classifier = try LinearClassifier(
      weight: Array(repeating: 1, count: 8), classes: 2, channels: 1, height: 2, width: 2)
    for (attribution, error) in Self.nonsense {
      #expect(throws: error) { try Explainer(classifier, attributions: [attribution], views: [Original()]) }
      #expect(!error.localizedDescription.contains("\n"))
    }
    #expect(throws: Never.self) { try Explainer(classifier, attributions: [Occlusion()]) }
    #expect(throws: MethodError.tooLittleMemory(needed: 1 << 10, given: 99)) {
      try Occlusion().begin(ImageBatch(Tensor(repeating: 0, shape: [1, 1, 2, 2]), memory: 99), classifier)
    }
  }
}

/// Counts the images that a classifier is asked about.
@TorchActor private final class CountingClassifier: Classifier {
  private let classifier: LinearClassifier
  private(set) var images = 0

  nonisolated var labels: LabelSet { classifier.labels }
  nonisolated var preprocessing: Preprocessing { classifier.preprocessing }
  nonisolated var device: Device { classifier.device }
  nonisolated var bytesPerImage: Int { classifier.bytesPerImage }

  init(_ classifier: LinearClassifier) { self.classifier = classifier }

  func logits(_ images: Tensor) throws -> Tensor {
    self.images += images.shape[0]
    return try classifier.logits(images)
  }
}
