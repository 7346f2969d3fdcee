import Maps
import Rasters
import Tensors
import TestSupport
import Testing

@testable import Experiments

@Suite @TorchActor struct DeletionStepsTests {
  @Test("pixels go in the map's order, ties by index, and never without saliency")
  func order() {
    let map = Raster(height: 2, width: 5, values: [0, 3, 1, 3, 0, 0, 2, 0, 0, 0] as [Float])
    let steps = DeletionSteps(map)
    // k = ⌊f·10 + ½⌋, but no more than the four pixels that are not zero.
    #expect(steps.deleted == [0, 1, 1, 2, 2, 3, 3, 4, 4] + Array(repeating: 4, count: 12))
    let never = DeletionSteps.never
    #expect(steps.steps == [never, 1, 7, 3, never, never, 5, never, never, never])
  }

  @Test(
    "the answers are those for images in which the pixels were replaced one by one", arguments: Replacement.allCases)
  func answers(_ replacement: Replacement) throws {
    let (height, width) = (5, 6)
    let classifier = try randomLinear(classes: 4, height: height, width: width)
    let image = try Preprocessing.raster(from: Formula.signed(7, [1, 3, height, width]).absolute())
    let map = Raster(
      height: height, width: width, values: try Formula.signed(9, [height * width]).relu().floats())
    let steps = DeletionSteps(map)
    let tensor = try Preprocessing.image(from: image)
    let values = try replacement.values(for: tensor).expanded(tensor.shape).contiguous().floats()
    let own = try tensor.floats()
    let pixels = height * width
    let expected = try steps.deleted.indices.map { step in
      let changed = own.indices.map { steps.steps[$0 % pixels] <= step ? values[$0] : own[$0] }
      return try classifier.logits(Tensor(changed, shape: tensor.shape)).floats()
    }
    let found = try steps.answers(image, replacement, classifier)
    #expect(found.count == 21 && found[0] != found[5])
    for (answer, logits) in zip(found, expected) { expectClose(answer.logits, logits, relative: 1e-5, absolute: 1e-5) }
  }
}
