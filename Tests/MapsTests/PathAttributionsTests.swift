import Foundation
import Tensors
import TestSupport
import Testing

@testable import Maps

/// Blur and guided integrated gradients of classifiers with closed forms.
@Suite @TorchActor struct PathAttributionsTests {
  nonisolated static let cases = (780..<790).map { Case(seed: $0) }

  private func values(
    _ attribution: any Attribution, _ test: Case, _ classifier: any Classifier, _ explained: Int = 0,
    memory: Int = 1 << 30
  ) throws -> [Float] {
    try attribution.begin(ImageBatch(test.batch(), memory: memory), classifier)
      .values(for: Array(repeating: explained, count: test.imageCount)).floats()
  }

  /// However a path runs, a linear classifier's values are W ⊙ (I − b).
  @Test(arguments: cases, [0.0, 0.02, 1]) func guidedPathsOfLinearClassifiersEndAtTheImage(
    _ test: Case, distance: Double
  ) throws {
    let size = test.channels * test.height * test.width
    for explained in 0..<min(test.classes, 3) {
      let wanted = test.images.enumerated().map { test.weight[explained * size + $0 % size] * ($1 - 1) }
      for memory in [1 << 30, 1 << 10] {
        let guided = GuidedIntegratedGradients(steps: 5, distance: distance, baseline: .white)
        let found = try values(guided, test, test.classifier(), explained, memory: memory)
        expectClose(found, wanted, absolute: 1e-4)
      }
    }
  }

  /// A path that may not leave the straight line is that of integrated gradients, whose gradient is taken at the left of each step.
  @Test(arguments: cases) func withoutDistanceItIsIntegratedGradients(_ test: Case) throws {
    let classifier = try SquaredLogits(test.classifier())
    expectClose(
      try values(GuidedIntegratedGradients(steps: 7, distance: 0), test, classifier),
      try values(IntegratedGradients(steps: 7, quadrature: .left), test, classifier), relative: 1e-4, absolute: 1e-4)
  }

  @Test func theSmallestGradientsMoveFirst() {
    var path = GuidedPath(from: [0, 0, 0, 0], to: [1, 1, 1, 1])
    path.advance([4, -1, 3, 2], to: 0.25, fraction: 0.25, distance: 1)
    #expect(path.place == [0, 1, 0, 0] && path.values == [0, -1, 0, 0])
    path.advance([4, -1, 3, 2], to: 0.625, fraction: 0, distance: 1)
    #expect(path.place == [0, 1, 0.5, 1] && path.values == [0, -1, 1.5, 2])
    // What is too far behind is brought along.
    path.advance([4, -1, 3, 2], to: 0.75, fraction: 0, distance: 0.5)
    #expect(path.place == [0.25, 1, 0.75, 1])
    path.advance([4, -1, 3, 2], to: 1, fraction: 0.25, distance: 0.5)
    #expect(path.place == [1, 1, 1, 1])
    // Nothing to go: nothing is attributed.
    var still = GuidedPath(from: [0.5, 0.5], to: [0.5, 0.5])
    still.advance([1, 2], to: 1, fraction: 0.5, distance: 0.1)
    #expect(still.values == [0, 0])
  }

  /// Of a linear classifier: W ⊙ (I − blurred I), as the integral of the blur's derivative is the difference.
  @Test(arguments: cases) func blurOfLinearClassifiersIsTheDifference(_ test: Case) throws {
    let size = test.channels * test.height * test.width
    let batch = try test.batch()
    let blurred = try Blur(deviation: 1.5, like: batch).of(batch).floats()
    let wanted = test.images.enumerated().map { test.weight[$0 % size] * ($1 - blurred[$0]) }
    let blur = BlurIntegratedGradients(steps: 40, widest: 1.5)
    // The kernels are cut off at four deviations, which the integral of the derivative does not see.
    expectClose(try values(blur, test, test.classifier()), wanted, absolute: 5e-3)
    expectClose(
      try values(blur, test, test.classifier(), memory: 1 << 10), try values(blur, test, test.classifier()),
      absolute: 1e-5)
  }

  /// Against the sum over all pixels, black outside; and its derivative against a difference.
  @Test(arguments: [0.05, 0.3, 1.1, 6]) func blurIsASumOverNeighbours(_ deviation: Double) throws {
    let (height, width) = (7, 5)
    let images = try Formula.tensor(5, [2, 1, height, width]).to(.float64)
    let blurred = try Blur(deviation: deviation, like: images).of(images).doubles()
    let radius = Int(4 * deviation + 0.5)
    let raw = (-radius...radius).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    let kernel = raw.map { $0 / raw.reduce(0, +) }
    let pixels = try images.doubles()
    for image in 0..<2 {
      for row in 0..<height {
        for column in 0..<width {
          var sum = 0.0
          for y in 0..<height where abs(y - row) <= radius {
            for x in 0..<width where abs(x - column) <= radius {
              sum += kernel[y - row + radius] * kernel[x - column + radius] * pixels[(image * height + y) * width + x]
            }
          }
          #expect(abs(blurred[(image * height + row) * width + column] - sum) < 1e-12)
        }
      }
    }
    let slope = try Blur(deviation: deviation, like: images).slope(of: images).doubles()
    let (more, less) = (
      try Blur(deviation: deviation + 1e-6, like: images).of(images).doubles(),
      try Blur(deviation: deviation - 1e-6, like: images).of(images).doubles()
    )
    expectClose(slope, zip(more, less).map { ($0 - $1) / 2e-6 }, absolute: 1e-7)
  }

  /// Two classifiers that compute the same function in different ways get the same values.
  @Test(arguments: cases) func implementationsDoNotMatter(_ test: Case) throws {
    for attribution in [BlurIntegratedGradients(steps: 4), GuidedIntegratedGradients(steps: 4)] as [any Attribution] {
      expectClose(
        try values(attribution, test, LinearByReLU(test.classifier())),
        try values(attribution, test, test.classifier()),
        absolute: 1e-4)
    }
  }

  @Test(arguments: [BlurIntegratedGradients(steps: 3), GuidedIntegratedGradients(steps: 3)] as [any Attribution])
  func progressAndCancellation(_ attribution: any Attribution) async throws {
    let classifier = try randomLinear(classes: 4, height: 6, width: 5)
    let work = try attribution.begin(ImageBatch(Formula.tensor(1000, [2, 3, 6, 5]), memory: 1 << 12), classifier)
    var (shares, turns): ([Double], [Int]) = ([], [])
    try work.values(
      for: [[0, 1], [2, 3], [1, 1]], progress: { shares.append($0) }, { turn, _ in turns.append(turn) })
    #expect(turns == [0, 1, 2])
    #expect(zip(shares, shares.dropFirst()).allSatisfy(<) && abs((shares.last ?? 0) - 1) < 1e-9)
    await Task { @TorchActor in
      withUnsafeCurrentTask { $0?.cancel() }
      #expect(throws: CancellationError.self) { try work.values(for: [0, 0]) }
    }.value
  }

  nonisolated static let nonsense: [(any Attribution, MethodError)] = [
    (BlurIntegratedGradients(steps: 0), .tooFew("steps of gauss-legendre", least: 1)),
    (BlurIntegratedGradients(widest: 0), .blur(0)), (BlurIntegratedGradients(widest: .infinity), .blur(.infinity)),
    (GuidedIntegratedGradients(steps: 0), .tooFew("steps of guided-integrated-gradients", least: 1)),
    (GuidedIntegratedGradients(fraction: 1.5), .path("fraction", 1.5)),
    (GuidedIntegratedGradients(distance: -0.1), .path("distance", -0.1)),
  ]

  @Test func optionsThatMakeNoSenseAreRefused() throws {
    let classifier = try randomLinear(classes: 2, height: 3, width: 3)
    for (attribution, error) in Self.nonsense {
      #expect(throws: error) { try Explainer(classifier, attributions: [attribution]) }
    }
  }
}

/// The squares of another classifier's logits.
@TorchActor private final class SquaredLogits: Classifier {
  private let classifier: LinearClassifier

  nonisolated var labels: LabelSet { classifier.labels }
  nonisolated var preprocessing: Preprocessing { classifier.preprocessing }
  nonisolated var device: Device { classifier.device }
  nonisolated var bytesPerImage: Int { classifier.bytesPerImage }

  init(_ classifier: LinearClassifier) { self.classifier = classifier }

  func logits(_ images: Tensor) throws -> Tensor {
    let logits = try classifier.logits(images)
    return try logits * logits
  }
}
