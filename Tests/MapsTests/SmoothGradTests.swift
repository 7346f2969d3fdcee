import Maps
import Tensors
import TestSupport
import Testing

@Suite @TorchActor struct SmoothGradTests {
  private func network() throws -> any Classifier {
    try formulaNetwork(.basicCNN, channels: 3, classes: 4, height: 16, width: 12).converted(to: .float64)
  }

  private func values(
    _ smooth: SmoothGrad, _ images: Tensor, indices: [Int]? = nil, memory: Int = 1 << 30
  ) throws -> [Double] {
    try smooth.begin(ImageBatch(images, indices: indices, memory: memory), network())
      .values(for: Array(repeating: 1, count: images.shape[0])).doubles()
  }

  private func images() throws -> Tensor { try Formula.tensor(1000, [3, 3, 16, 12]).to(.float64) }

  @Test(arguments: [SmoothGrad.Statistic.mean, .meanOfSquares, .variance])
  func valuesDoNotDependOnTheRestOfTheBatch(_ statistic: SmoothGrad.Statistic) throws {
    let smooth = SmoothGrad(statistic, samples: 4, seed: 7)
    let images = try images()
    let together = try values(smooth, images, indices: [5, 2, 90])
    let size = together.count / 3
    for (place, index) in [5, 2, 90].enumerated() {
      let alone = try values(smooth, images[place..<place + 1], indices: [index])
      expectClose(
        alone, Array(together[place * size..<(place + 1) * size]), relative: 1e-9, absolute: 1e-12, "\(index)")
    }
  }

  @Test func seedIndexAndSamplesDecideTheNoise() throws {
    let image = try images()[0..<1]
    let first = try values(SmoothGrad(samples: 3, seed: 1), image, indices: [4])
    #expect(try values(SmoothGrad(samples: 3, seed: 1), image, indices: [4]) == first)
    #expect(try values(SmoothGrad(samples: 3, seed: 2), image, indices: [4]) != first)
    #expect(try values(SmoothGrad(samples: 3, seed: 1), image, indices: [3]) != first)
    // Were the samples alike, there would be no variance.
    #expect(try values(SmoothGrad(.variance, samples: 3), image).contains { $0 > 0 })
    #expect(try values(SmoothGrad(.variance, samples: 1), image).allSatisfy { $0 == 0 })
  }

  /// E g² = Var g + (E g)².
  @Test func theThreeStatisticsBelongTogether() throws {
    let images = try images()
    let mean = try values(SmoothGrad(samples: 6), images)
    let squares = try values(SmoothGrad(.meanOfSquares, samples: 6), images)
    let variance = try values(SmoothGrad(.variance, samples: 6), images)
    expectClose(zip(variance, mean).map { $0 + $1 * $1 }, squares, relative: 1e-9, absolute: 1e-15)
  }

  /// σ = level × (max − min) = 0: the noisy images are the image.
  @Test(arguments: [0, 0.5, 1]) func constantImagesGetNoNoise(_ grey: Double) throws {
    let image = try Tensor(repeating: grey, shape: [1, 3, 16, 12], type: .float64)
    let gradient = try Gradient().begin(ImageBatch(image), network()).values(for: [1]).doubles()
    expectClose(try values(SmoothGrad(samples: 5), image), gradient, relative: 1e-9, absolute: 1e-15)
    expectClose(
      try values(SmoothGrad(.meanOfSquares, samples: 5), image), gradient.map { $0 * $0 }, relative: 1e-9,
      absolute: 1e-15)
    #expect(try values(SmoothGrad(.variance, samples: 5), image).allSatisfy { $0 >= 0 && $0 < 1e-15 })
  }

  /// Of S = (Σ x)² / 2 over two pixels the gradient is Σ x, and its variance over the noise 2 σ².
  @Test func noiseHasTheDeviationAskedFor() throws {
    let samples = 1000
    let image = try Tensor([0.2, 0.7] as [Double], shape: [1, 1, 1, 2])
    let work = try SmoothGrad(.variance, samples: samples, noiseLevel: 0.3)
      .begin(ImageBatch(image), SquareClassifier())
    let expected = 2 * 0.3 * 0.3 * 0.5 * 0.5
    // The variance of n normal numbers has a relative deviation of √(2 / n) = 0.045.
    for value in try work.values(for: [0]).doubles() { #expect(abs(value / expected - 1) < 5 * 0.045) }
  }
}

/// The logits (Σ x)² / 2 and 0.
@TorchActor private final class SquareClassifier: Classifier {
  nonisolated let labels = LabelSet(unnamed: 2)
  nonisolated let preprocessing = Preprocessing(height: 1, width: 2, channels: 1)
  nonisolated let device = Device.cpu
  nonisolated let bytesPerImage = 64

  func logits(_ images: Tensor) throws -> Tensor {
    let sum = try images.sum([1, 2, 3]).reshaped([-1, 1])
    return try .concatenate([sum * sum * 0.5, sum * 0], axis: 1)
  }
}
