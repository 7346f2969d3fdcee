import Maps
import Networks
import Tensors
import TestSupport
import Testing

@testable import Maps

/// Attributions of both built-in networks against Captum's, see Tests/Fixtures/attributions.
@Suite(.slow) @TorchActor struct AttributionReferenceTests {
  struct Model: CustomTestStringConvertible {
    let testDescription: String
    let architecture: Architecture
    let channels: Int
    let height: Int
    let width: Int
    let classes = 3
    let images = 2

    @TorchActor func network() throws -> Network {
      try formulaNetwork(architecture, channels: channels, classes: classes, height: height, width: width)
        .converted(to: .float64)
    }

    @TorchActor func batch() throws -> Tensor {
      try Formula.tensor(1000, [images, channels, height, width]).to(.float64)
    }

    @TorchActor func picture() throws -> Baseline {
      .picture(try Preprocessing.raster(from: Formula.tensor(1001, [1, channels, height, width])), name: "picture")
    }
  }

  nonisolated static let models = [
    Model(testDescription: "cnn-3x20x18-3", architecture: .basicCNN, channels: 3, height: 20, width: 18),
    Model(testDescription: "resnet18-1x33x29-3", architecture: .resNet18, channels: 1, height: 33, width: 29),
  ]

  /// Every attribution with the fixture's options, by the name of the fixture's tensor.
  func attributions(_ model: Model) throws -> [(name: String, attribution: any Attribution)] {
    let picture = try model.picture()
    func smooth(_ statistic: SmoothGrad.Statistic) -> SmoothGrad {
      var result = SmoothGrad(statistic, samples: 5)
      result.noise = { _, image, sample, shape in
        try Formula.signed(2000 + 100 * image + sample, shape).to(.float64) * 3.0.squareRoot()
      }
      return result
    }
    return [
      ("gradient-x-input", GradientXInput()), ("guided-backpropagation", GuidedBackpropagation()),
      ("integrated-gradients-gauss-legendre-black", IntegratedGradients()),
      (
        "integrated-gradients-riemann-left-white",
        IntegratedGradients(steps: 5, quadrature: .left, baseline: .white)
      ),
      (
        "integrated-gradients-riemann-right-mean",
        IntegratedGradients(steps: 4, quadrature: .right, baseline: .mean)
      ),
      (
        "integrated-gradients-riemann-middle-picture",
        IntegratedGradients(steps: 3, quadrature: .middle, baseline: picture)
      ),
      ("smoothgrad", smooth(.mean)), ("smoothgrad-squared", smooth(.meanOfSquares)), ("vargrad", smooth(.variance)),
      ("deeplift-black", DeepLIFT()), ("deeplift-white", DeepLIFT(baseline: .white)),
      ("deeplift-mean", DeepLIFT(baseline: .mean)), ("deeplift-picture", DeepLIFT(baseline: picture)),
    ]
  }

  /// As written and with batch normalisation folded: the same function, so the same values. Float64 leaves the rounding of
  /// the fixture, 6e-8 of each value.
  @Test(arguments: models, [false, true]) func valuesEqualCaptums(_ model: Model, folded: Bool) throws {
    let file = try SafeTensors(contentsOf: Fixture.url("attributions/\(model.testDescription).safetensors"))
    let network = try folded ? model.network().folded() : model.network()
    let attributions = try attributions(model)
    #expect(Set(attributions.map(\.name)) == Set(file.tensors.keys))
    for (name, attribution) in attributions {
      let work = try attribution.begin(ImageBatch(model.batch(), indices: [0, 1]), network)
      let expected = try #require(file.tensors[name])
      let turns = (0..<model.classes).map { Array(repeating: $0, count: model.images) }
      for (k, values) in try work.all(turns).enumerated() {
        let wanted = try expected[k..<k + 1].floats()
        expectClose(
          try values.floats(), wanted, relative: 1e-6, absolute: 1e-6 * (wanted.map(abs).max() ?? 0),
          "\(name) of class \(k)")
      }
    }
  }

  /// However little memory there is, and however the passes and classes are cut into chunks and groups.
  @Test func valuesDoNotDependOnTheMemory() throws {
    let model = Self.models[0]
    let network = try model.network()
    let turns = [[0, 2], [1, 0], [2, 1]]
    for (name, attribution) in try attributions(model) where !name.contains("gauss-legendre") {
      @TorchActor func values(_ memory: Int) throws -> [[Double]] {
        try attribution.begin(ImageBatch(model.batch(), memory: memory), network).all(turns).map { try $0.doubles() }
      }
      let plenty = try values(1 << 30)
      // Room for one pass, and for three.
      for passes in [3, 7] {
        for (some, all) in zip(try values(passes * network.bytesPerImage), plenty) {
          expectClose(
            some, all, relative: 1e-9, absolute: 1e-9 * (all.map(abs).max() ?? 0), "\(name), \(passes) passes")
        }
      }
    }
  }

  @Test(arguments: models) func tooLittleMemoryIsAnError(_ model: Model) throws {
    let network = try model.network()
    for (attribution, passes) in [(SmoothGrad(), 1), (IntegratedGradients(), 1), (DeepLIFT(), 3)]
      as [(any Attribution, Int)]
    {
      let needed = passes * network.bytesPerImage
      #expect(throws: MethodError.tooLittleMemory(needed: needed, given: needed - 1)) {
        try attribution.begin(ImageBatch(model.batch(), memory: needed - 1), network)
      }
      #expect(throws: Never.self) { try attribution.begin(ImageBatch(model.batch(), memory: needed), network) }
    }
  }

  /// With finer steps integrated gradients become complete; DeepLIFT always is.
  @Test(arguments: models) func sumsEqualTheDifferenceOfLogits(_ model: Model) throws {
    let network = try model.network()
    let images = try model.batch()
    func gaps(_ attribution: any Attribution) throws -> [Double] {
      try Explainer(network, attributions: [attribution], views: [Original()]).explain(images, classes: [1, 2])
        .map { explanation in
          let found = try #require(explanation.completeness.first)
          #expect(found.attribution == attribution.name)
          return found.gap / found.difference
        }
    }
    for baseline in [Baseline.black, .white, .mean, try model.picture()] {
      for gap in try gaps(DeepLIFT(baseline: baseline)) { #expect(abs(gap) < 1e-9) }
    }
    // The gradient jumps along the line, so that convergence is slow: 4.5% are left of a difference that is small itself.
    for gap in try gaps(IntegratedGradients(steps: 100)) { #expect(abs(gap) < 0.1) }
    let coarse = try gaps(IntegratedGradients(steps: 1, quadrature: .left))
    #expect(coarse.contains { abs($0) > 0.1 })
    let plain = try Explainer(network, views: [Original()]).explain(images)
    #expect(plain.allSatisfy { $0.completeness.isEmpty })
  }
}

extension ClassAttributions {
  /// The values of all turns, which must come in order, with progress that ascends to 1.
  fileprivate func all(_ turns: [[Int]]) throws -> [Tensor] {
    var (result, shares): ([Tensor], [Double]) = ([], [])
    try values(
      for: turns, progress: { shares.append($0) },
      { turn, values in
        #expect(turn == result.count)
        result.append(values)
      })
    #expect(zip(shares, shares.dropFirst()).allSatisfy(<))
    #expect(abs((shares.last ?? 0) - 1) < 1e-9)
    return result
  }
}
