import Maps
import Networks
import Rasters
import Tensors
import TestSupport
import Testing

@testable import Maps

/// Attributions by masks and by paths against those of other packages, see Tests/Fixtures/attributions/make_paths_and_masks.py.
@Suite(.slow) @TorchActor struct PathsAndMasksReferenceTests {
  private static let file = Result {
    try SafeTensors(contentsOf: Fixture.url("attributions/paths-and-masks-3x20x18-3.safetensors"))
  }

  private func expectReference(
    _ name: String, _ attribution: any Attribution, tolerance: Double = 1e-6, perPixel: Bool = false
  ) throws {
    let network = try formulaNetwork(.basicCNN, channels: 3, classes: 3, height: 20, width: 18).converted(to: .float64)
    let images = try Formula.tensor(1000, [2, 3, 20, 18]).to(.float64)
    let work = try attribution.begin(ImageBatch(images, indices: [0, 1]), network)
    let expected = try #require(Self.file.get().tensors[name])
    for k in 0..<3 {
      var values = try work.values(for: [k, k])
      if perPixel { values = try values.slice(axis: 1, 0..<1) }
      let wanted = try expected[k..<k + 1].doubles()
      expectClose(
        try values.doubles(), wanted, absolute: tolerance * (wanted.map(abs).max() ?? 0), "\(name) of class \(k)")
    }
  }

  /// Captum's; the fixture's rounding is 6e-8 of each value. In one case windows are cut off at the edge.
  @Test func occlusion() throws {
    try expectReference(
      "occlusion-7x6-3x4-black",
      Occlusion(window: .init(height: 7, width: 6), stride: .init(height: 3, width: 4)), perPixel: true)
    try expectReference(
      "occlusion-4x5-4x1-mean",
      Occlusion(window: .init(height: 4, width: 5), stride: .init(height: 4, width: 1), baseline: .mean), perPixel: true
    )
  }

  /// Captum's GradientShap with the same baselines and places.
  @Test func expectedGradients() throws {
    let pictures = try (0..<4).map { index in
      try Preprocessing.raster(from: Formula.tensor(1003, [4, 3, 20, 18])[index..<index + 1]).map {
        UInt8((Double($0) * 255).rounded(.toNearestOrEven))
      }
    }
    var expected = ExpectedGradients(samples: 6, baselines: BaselineImages(pictures, name: "formula"))
    expected.draw = { _, image, sample, count in ((2 * image + 3 * sample) % count, Formula.unit(1004 + image, sample))
    }
    try expectReference("expected-gradients", expected)
  }

  /// saliency's, which takes the blur's derivative from a step of 1e-6: its error is some 1e-6, and that of its rounding 1e-9.
  @Test func blurIntegratedGradients() throws {
    try expectReference(
      "blur-integrated-gradients", BlurIntegratedGradients(steps: 12, quadrature: .left, widest: 5), tolerance: 1e-5)
  }

  /// saliency's. Where two gradients are equal but for rounding, the paths could part; here they do not.
  @Test func guidedIntegratedGradients() throws {
    try expectReference("guided-integrated-gradients", GuidedIntegratedGradients(steps: 12))
    try expectReference(
      "guided-integrated-gradients-white-0.1-0.3",
      GuidedIntegratedGradients(steps: 12, fraction: 0.1, distance: 0.3, baseline: .white))
  }

  /// The gradient jumps on the way, so that convergence is slow; least of all where a path turns with it.
  @Test(
    arguments: [
      (BlurIntegratedGradients(steps: 100), 0.05), (GuidedIntegratedGradients(steps: 200), 0.15),
    ] as [(any Attribution, Double)])
  func pathsBecomeComplete(_ attribution: any Attribution, share: Double) throws {
    let network = try formulaNetwork(.basicCNN, channels: 3, classes: 3, height: 20, width: 18).converted(to: .float64)
    let images = try Formula.tensor(1000, [2, 3, 20, 18]).to(.float64)
    let explanations = try Explainer(network, attributions: [attribution], views: [Original()]).explain(images)
    for completeness in explanations.flatMap(\.completeness) {
      #expect(abs(completeness.gap) < share * abs(completeness.difference), "\(completeness)")
    }
    #expect(explanations.allSatisfy { $0.completeness.count == 1 })
  }
}
