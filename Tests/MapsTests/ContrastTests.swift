import Maps
import Rasters
import Tensors
import TestSupport
import Testing

/// Of a linear classifier the gradient of S_c − S_q is row c of its weights less row q, at every image.
@Suite @TorchActor struct ContrastTests {
  @Test("the signed map of one class against another, in closed form", arguments: (0..<40).map { Case(seed: $0) })
  func closedForm(_ test: Case) throws {
    let explainer = try Explainer(test.classifier(), views: [])
    let (c, q) = (0, test.classes - 1)
    let map = try explainer.contrast(test.batch()[0..<1], of: c, against: q)[0]
    let pixels = test.height * test.width
    let size = test.channels * pixels
    let difference = (0..<size).map { test.weight[c * size + $0] - test.weight[q * size + $0] }
    let expected = (0..<pixels).map { pixel in
      let values = (0..<test.channels).map { difference[$0 * pixels + pixel] }
      return values.reduce(values[0]) { abs($1) > abs($0) ? $1 : $0 }
    }
    #expect(map.view == "signed" && map.attribution == "gradient" && map.hasNegatives)
    #expect(map.values == Raster(height: test.height, width: test.width, values: expected))
  }

  @Test("exchanging the classes changes the sign; attributions without sign are left out")
  func exchanged() throws {
    let classifier = try randomLinear(classes: 3, height: 4, width: 5)
    let explainer = try Explainer(
      classifier, attributions: [SmoothGrad(.variance), Gradient(), IntegratedGradients()], views: [])
    let image = try Formula.signed(5, [1, 3, 4, 5])
    let maps = try explainer.contrast(image, of: 2, against: 1)
    #expect(maps.map(\.attribution) == ["gradient", "integrated-gradients"])
    for (one, other) in zip(maps, try explainer.contrast(image, of: 1, against: 2)) {
      expectClose(one.values.values, other.values.values.map { -$0 }, relative: 1e-5, absolute: 1e-6)
    }
  }
}
