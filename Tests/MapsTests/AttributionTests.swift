import Maps
import Rasters
import Tensors
import TestSupport
import Testing

@testable import Maps

/// Attributions of classifiers that have a closed form, and options that make no sense.
@Suite @TorchActor struct AttributionTests {
  nonisolated static let cases = (700..<720).map { Case(seed: $0) }

  /// Of a linear classifier W x + b: the gradient W, or W times the difference from the baseline.
  @Test(arguments: cases) func linearClassifiersHaveKnownAnswers(_ test: Case) throws {
    let classifier = try test.classifier()
    let images = try test.batch()
    let size = test.channels * test.height * test.width
    for explained in 0..<min(test.classes, 3) {
      let classes = Array(repeating: explained, count: test.imageCount)
      let row = Array(test.weight[explained * size..<(explained + 1) * size])
      func expect(
        _ attribution: any Attribution, _ expected: (_ element: Int, _ pixel: Float) -> Float, _ tolerance: Float = 1e-5
      ) throws {
        let found = try attribution.begin(ImageBatch(images), classifier).values(for: classes).floats()
        let wanted = test.images.enumerated().map { expected($0 % size, $1) }
        expectClose(found, wanted, absolute: tolerance, attribution.name)
      }
      try expect(Gradient(), { element, _ in row[element] })
      try expect(GradientXInput(), { element, pixel in row[element] * pixel })
      for quadrature in Quadrature.allCases {
        try expect(
          IntegratedGradients(steps: 7, quadrature: quadrature), { element, pixel in row[element] * pixel })
      }
      try expect(IntegratedGradients(steps: 3, baseline: .white), { row[$0] * ($1 - 1) })
      try expect(SmoothGrad(samples: 3), { element, _ in row[element] })
      try expect(SmoothGrad(.meanOfSquares, samples: 3), { element, _ in row[element] * row[element] })
      try expect(SmoothGrad(.variance, samples: 3), { _, _ in 0 })
    }
  }

  /// Active and inactive of every signed attribution, against the oracle on that attribution's own values.
  @Test(arguments: cases.prefix(8)) func everyViewWorksWithEverySignedAttribution(_ test: Case) throws {
    let classifier = try test.classifier()
    for attribution in [GradientXInput(), IntegratedGradients(steps: 3), SmoothGrad(samples: 2)] as [any Attribution] {
      let explanations = try Explainer(classifier, attributions: [attribution], views: Views.all).explain(test.batch())
      let work = try attribution.begin(ImageBatch(test.batch()), classifier)
      let size = test.channels * test.height * test.width
      let values = try (0..<test.classes).map {
        try work.values(for: Array(repeating: $0, count: test.imageCount)).floats()
      }
      for (index, explanation) in explanations.enumerated() {
        let oracle = Oracle(
          gradients: values.map { Array($0[index * size..<(index + 1) * size]) },
          explained: explanation.explainedClass, rivals: test.rivals(of: explanation), channels: test.channels)
        for map in explanation.maps { #expect(map.values.values == oracle.map(map.view), "\(map.view)") }
      }
    }
  }

  @Test(arguments: ["smoothgrad-squared", "vargrad"]) func signedViewsOfSignlessAttributionsAreRefused(
    _ name: String
  ) throws {
    let attribution = try #require(Attributions.named(name))
    let classifier = try Case(seed: 3).classifier()
    for view in Views.all where view.name != "original" {
      #expect(throws: MethodError.signlessAttribution(name, view: view.name)) {
        try Explainer(classifier, attributions: [attribution], views: [Original(), view])
      }
    }
    let maps = try Explainer(classifier, attributions: [attribution], views: [Original()])
      .explain(Case(seed: 3).batch()).flatMap(\.maps)
    #expect(maps.allSatisfy { $0.values.values.allSatisfy { $0 >= 0 } })
  }

  @Test func namesAreUnique() {
    #expect(Set(Attributions.all.map(\.name)).count == Attributions.all.count)
    for attribution in Attributions.all { #expect(Attributions.named(attribution.name)?.name == attribution.name) }
  }

  static let nonsense: [(any Attribution, MethodError)] = [
    (IntegratedGradients(steps: 0), .tooFew("steps of gauss-legendre", least: 1)),
    (IntegratedGradients(steps: -3, quadrature: .left), .tooFew("steps of riemann-left", least: 1)),
    (IntegratedGradients(steps: 1, quadrature: .trapezoid), .tooFew("steps of trapezoid", least: 2)),
    (SmoothGrad(samples: 0), .tooFew("samples of smoothgrad", least: 1)),
    (SmoothGrad(.variance, samples: -1), .tooFew("samples of vargrad", least: 1)),
    (SmoothGrad(noiseLevel: -0.1), .noiseLevel(-0.1)),
    (SmoothGrad(noiseLevel: .infinity), .noiseLevel(.infinity)),
    (
      IntegratedGradients(baseline: .picture(Raster(height: 2, width: 3, values: [0, 0, 0, 0, 0, 0]), name: "small")),
      .baselineShape("small", expected: "1×2×2", found: "1×2×3")
    ),
  ]

  @Test func optionsThatMakeNoSenseAreRefusedBeforeAnyWork() throws {
    let classifier = try LinearClassifier(
      weight: Array(repeating: 1, count: 8), classes: 2, channels: 1, height: 2, width: 2)
    for (attribution, error) in Self.nonsense {
      #expect(throws: error) { try Explainer(classifier, attributions: [attribution], views: [Original()]) }
    }
  }

  @Test func baselines() throws {
    let images = try Tensor([0.25, 0.75, 1, 0, 0.5, 0.5, 0, 0] as [Float], shape: [2, 2, 1, 2])
    #expect(try Baseline.black.values(for: images).floats() == [0, 0, 0, 0])
    #expect(try Baseline.white.values(for: images).floats() == [1, 1, 1, 1])
    #expect(try Baseline.mean.values(for: images).floats() == [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0])
    let raster = Raster<Float>(height: 1, width: 2, channels: 2, values: [0.1, 0.2, 0.3, 0.4])
    #expect(try Baseline.picture(raster, name: "").values(for: images).floats() == [0.1, 0.3, 0.2, 0.4])
  }
}
