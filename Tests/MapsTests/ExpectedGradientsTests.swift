import Rasters
import Tensors
import TestSupport
import Testing

@testable import Maps

@Suite @TorchActor struct ExpectedGradientsTests {
  nonisolated static let cases = (760..<768).map { Case(seed: $0) }

  /// Some pictures of the size of a case's images.
  private func pictures(_ test: Case, count: Int = 5) -> [PixelArray] {
    var random = SeededGenerator(seed: test.seed ^ 77)
    return (0..<count).map { _ in
      PixelArray(
        height: test.height, width: test.width, channels: test.channels,
        values: (0..<test.channels * test.height * test.width).map { _ in .random(in: 0...255, using: &random) })
    }
  }

  /// Of a linear classifier: W ⊙ (I − the mean of the drawn baselines), wherever on the lines the gradient is taken; so they add up
  /// to S(I) less the mean of S over these.
  @Test(arguments: cases) func linearClassifiersHaveKnownAnswers(_ test: Case) throws {
    let pictures = pictures(test)
    let expected = ExpectedGradients(samples: 9, baselines: BaselineImages(pictures, name: ""), seed: test.seed)
    let classifier = try test.classifier()
    let indices = (0..<test.imageCount).map { $0 * 3 + 1 }
    let work = try expected.begin(ImageBatch(test.batch(), indices: indices), classifier)
    let (size, pixels) = (test.channels * test.height * test.width, test.height * test.width)
    for explained in 0..<min(test.classes, 3) {
      let values = try work.values(for: Array(repeating: explained, count: test.imageCount)).floats()
      for (image, index) in indices.enumerated() {
        let drawn = (0..<9).map { expected.draw(test.seed, index, $0, pictures.count).baseline }
        #expect(drawn.allSatisfy(pictures.indices.contains))
        let wanted = (0..<size).map { element -> Float in
          // Pixels are interleaved, elements are not.
          let place = element % pixels * test.channels + element / pixels
          let mean = drawn.map { Float(pictures[$0].values[place]) / 255 }.reduce(0, +) / 9
          return test.weight[explained * size + element] * (test.images[image * size + element] - mean)
        }
        let found = Array(values[image * size..<(image + 1) * size])
        expectClose(found, wanted, absolute: 1e-4)
        // The mean of S(I) − S(b) by the classifier itself.
        let baselines = try BaselineImages(pictures, name: "").images.images(drawn)
        let differences = try classifier.logits(test.batch()[image..<image + 1]) - classifier.logits(baselines)
        let difference = try differences.mean([0]).floats()[explained]
        #expect(abs(found.reduce(0, +) - difference) < 1e-3)
      }
    }
  }

  @Test func drawsAreSpreadAndDependOnSeedIndexAndSampleAlone() throws {
    let expected = ExpectedGradients()
    // Bounds of five deviations.
    let draws = (0..<4000).map { expected.draw(1, 5, $0, 4) }
    for baseline in 0..<4 { #expect(abs(draws.count { $0.baseline == baseline } - 1000) < 140) }
    let mean = draws.map(\.alpha).reduce(0.0, +) / 4000
    #expect(abs(mean - 0.5) < 0.023)
    #expect(draws.allSatisfy { (0..<1).contains($0.alpha) })

    let test = Case(seed: 761, classes: 3)
    let classifier = try LinearByReLU(test.classifier())
    let baselines = BaselineImages(pictures(test), name: "")
    func values(_ seed: UInt64, _ images: Tensor, _ indices: [Int], memory: Int = 1 << 30) throws -> [Float] {
      try ExpectedGradients(samples: 6, baselines: baselines, seed: seed)
        .begin(ImageBatch(images, indices: indices, memory: memory), classifier)
        .values(for: indices.map { $0 % 3 }).floats()
    }
    let batch = try Tensor.concatenate([test.batch()[0..<1], test.batch()[0..<1]])
    let together = try values(1, batch, [4, 9])
    let size = together.count / 2
    for memory in [1 << 30, 1 << 10] {
      expectClose(try values(1, batch[0..<1], [9], memory: memory), Array(together[size...]), absolute: 1e-5)
    }
    #expect(try values(2, batch[0..<1], [9]) != Array(together[size...]))
    #expect(Array(together[..<size]) != Array(together[size...]))
  }

  /// Two classifiers that compute the same function in different ways get the same values.
  @Test(arguments: cases) func implementationsDoNotMatter(_ test: Case) throws {
    let attribution = ExpectedGradients(samples: 4, baselines: BaselineImages(pictures(test), name: ""))
    let classes = Array(repeating: 0, count: test.imageCount)
    func values(_ classifier: any Classifier) throws -> [Float] {
      try attribution.begin(ImageBatch(test.batch()), classifier).values(for: classes).floats()
    }
    expectClose(try values(LinearByReLU(test.classifier())), try values(test.classifier()), absolute: 1e-4)
  }

  @Test func missingAndUnfitBaselinesAreRefused() throws {
    let classifier = try LinearClassifier(
      weight: Array(repeating: 1, count: 8), classes: 2, channels: 1, height: 2, width: 2)
    let grey = PixelArray(height: 2, width: 3, channels: 1, values: [0, 0, 0, 0, 0, 0])
    let cases: [(ExpectedGradients, MethodError)] = [
      (ExpectedGradients(), .noBaselines("expected-gradients")),
      (ExpectedGradients(baselines: BaselineImages([], name: "none")), .noBaselines("expected-gradients")),
      (
        ExpectedGradients(baselines: BaselineImages([grey], name: "small")),
        .baselineShape("small", expected: "1×2×2", found: "1×2×3")
      ), (ExpectedGradients(samples: 0), .tooFew("samples of expected-gradients", least: 1)),
    ]
    for (attribution, error) in cases {
      #expect(throws: error) { try Explainer(classifier, attributions: [attribution]) }
    }
    #expect(Attributions.selfSufficient.count == Attributions.all.count - 1)
  }
}

/// The same function, of images in 0…1, as another classifier's, through ReLUs: x = relu(x + 1) − 1.
@TorchActor final class LinearByReLU: Classifier {
  private let classifier: LinearClassifier

  nonisolated var labels: LabelSet { classifier.labels }
  nonisolated var preprocessing: Preprocessing { classifier.preprocessing }
  nonisolated var device: Device { classifier.device }
  nonisolated var bytesPerImage: Int { classifier.bytesPerImage }

  init(_ classifier: LinearClassifier) { self.classifier = classifier }

  func logits(_ images: Tensor) throws -> Tensor { try classifier.logits((images + 1).relu() + -1) }
}
