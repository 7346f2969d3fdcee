import Maps
import Tensors
import TestSupport
import Testing

@testable import Experiments

/// What a view says of itself is all that experiments know of it.
@Suite @TorchActor struct OwnViewTests {
  private struct Darker: View {
    let name = "darker"
    let comparesClasses = false
    let needsSign = true
    let direction = Direction.darker
    let meaning = "raises the score in all its channels, getting darker"

    func maps(_ extremes: ClassExtremes) throws -> Tensor { try (-extremes.own).relu().mean([1]) }
  }

  private struct Strength: View {
    let name = "strength"
    let comparesClasses = false
    let needsSign = false
    let direction = Direction.either
    let meaning = "changes the score in all its channels"

    func maps(_ extremes: ClassExtremes) throws -> Tensor { try extremes.own.absolute().mean([1]) }
  }

  @Test("deletion: which direction is good, and which controls there are")
  func deletion() throws {
    let classifier = try LinearClassifier(
      weight: [1, -1, 2, -2, -1, 1, -2, 2], classes: 2, channels: 1, height: 2, width: 2)
    let setup = try DeletionBenchmark(
      Explainer(classifier, views: [Strength(), Darker()]),
      images: Noise(count: 2, classes: 2, height: 2, width: 2, channels: 1)
    ).setup
    let (strength, darker) = (MapName(Gradient(), Strength()), MapName(Gradient(), Darker()))
    #expect(setup.series == [strength, darker, .control(.random), darker.asManyRandom])
    #expect(setup.isLowGood(darker, Accuracy(.black)) == false && setup.isLowGood(darker, Accuracy(.white)) == true)
    #expect(setup.isLowGood(strength, Accuracy(.black)) == true && setup.isLowGood(strength, Accuracy(.white)) == true)
  }

  @Test("known truth: the pixels that must get darker")
  func groundTruth() async throws {
    let images = ShapeImages("test", count: 8, seed: 5)
    let truth = images.truth(0)
    #expect(truth.pixels(of: Darker()) == truth.darker && truth.opposite(of: Darker()) == truth.brighter)
    // The score of every class falls where the first image must get darker, and rises elsewhere.
    let weight = (0..<8).flatMap { _ in truth.darker.map { $0 ? -1 : 1 as Float } }
    let classifier = try LinearClassifier(
      weight: weight, classes: 8, channels: 1, height: 32, width: 32, names: ShapeImages.classNames)
    let rows = try await GroundTruthBenchmark(
      classifier, images: images, attributions: [Gradient()], views: [Darker(), Signed()]
    ).run()
    #expect(rows[0].map == MapName(Gradient(), Darker()) && rows[0].scores[0].precision == 1)
    #expect(rows.allSatisfy { $0.map.view == "darker" }, "signed maps have no order")
  }
}
