import Maps
import Networks
import Rasters
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Experiments

@Suite(.slow) @TorchActor struct SanityCheckTests {
  @Test("steps go from the logits down, and labels come last")
  func steps() {
    let steps = SanityCheck.steps(layers: ["a", "b", "c"], labels: true)
    #expect(
      steps.map(\.kind.rawValue).joined(separator: " ") == Array(repeating: "cascading", count: 3).joined(
        separator: " ") + " independent independent independent labels")
    #expect(steps.map(\.layer) == ["c", "b", "a", "c", "b", "a", ""])
    #expect(steps.map(\.layers) == [["c"], ["c", "b"], ["a", "b", "c"], ["c"], ["b"], ["a"], []])
    #expect(SanityCheck.steps(layers: ["a"], labels: false).count == 2)
  }

  private let images = Noise(count: 3, classes: 2, height: 16, width: 16, channels: 1)

  @Test("the gradient of a linear model depends on its weights, whatever the image; edges do not")
  func linear() async throws {
    let trained = try LinearClassifier(
      weight: Formula.signed(3, [2, 256]).floats(), classes: 2, channels: 1, height: 16, width: 16)
    let other = try LinearClassifier(
      weight: Formula.signed(9, [2, 256]).floats(), classes: 2, channels: 1, height: 16, width: 16)
    let check = try SanityCheck(
      trained, images: images, attributions: [Gradient()],
      views: [Original(), Signed(), Active()])
    let result = try await check.run(SanityCheck.steps(layers: ["weight"], labels: true)) { step in
      step.kind == .labels ? trained : other
    }
    #expect(result.maps.map(\.title) == ["gradient original", "gradient signed", "gradient active", "sobel"])
    #expect(result.imageCount == 3 && result.similarities.allSatisfy { $0.allSatisfy { $0.count == 3 } })
    // The gradient is the row of weights of the class that the trained model predicts.
    let found = try Explainer(trained).explain(images.images([0]))[0]
    let row = found.explainedClass
    let (own, random) = (try Formula.signed(3, [2, 256]).floats(), try Formula.signed(9, [2, 256]).floats())
    let expected = Correlation.spearman(
      Array(own[row * 256..<(row + 1) * 256]), Array(random[row * 256..<(row + 1) * 256]))
    expectClose([result.similarities[0][1][0].spearman], [expected], absolute: 1e-9)
    for map in 0..<3 { #expect(result.verdict(map: map)?.verdict == .depends) }
    #expect(result.verdict(map: 3)?.verdict == .ignores)
    // The same model has the same maps.
    for map in 0..<4 {
      let same = result.mean(step: 2, map: map) { $0.spearman }
      expectClose([same?.value ?? 0], [1], absolute: 1e-12)
    }
    #expect(result.example?.changed.count == 3 && result.example?.trained.count == 4)
  }

  @Test("a map that does not notice the loss of the upper layers depends in part")
  func partly() async throws {
    let trained = try randomLinear()
    let other = try LinearClassifier(
      weight: Formula.signed(9, [2, 256]).floats(), classes: 2, channels: 1, height: 16, width: 16)
    let check = try SanityCheck(trained, images: images, attributions: [Gradient()], views: [Original()])
    let result = try await check.run(SanityCheck.steps(layers: ["first", "second", "third"], labels: false)) {
      $0.layers.count < 3 ? trained : other
    }
    let verdict = try #require(result.verdict(map: 0))
    #expect(verdict.verdict == .partly && verdict.half.value > 0.99 && verdict.all.high < 0.5)
  }

  @Test("a network's gradient depends on its weights; the deeper the randomness, the less alike")
  func network() async throws {
    let network = try formulaNetwork(.basicCNN, channels: 3, classes: 4, height: 24, width: 24)
    let check = try SanityCheck(
      network, images: Noise(count: 4, classes: 4, height: 24, width: 24, channels: 3), attributions: [Gradient()],
      views: [Original(), Signed()])
    let shares = Mutex<[Double]>([])
    let result = try await check.run(
      SanityCheck.steps(layers: network.layers, labels: false),
      changed: { try network.randomized($0.layers, seed: 1) },
      progress: { share in shares.withLock { $0.append(share) } })
    #expect(result.verdict(map: 0)?.verdict == .depends && result.verdict(map: 1)?.verdict == .depends)
    #expect(result.verdict(map: 2)?.verdict == .ignores)
    let down = (0..<network.layers.count).compactMap { step in result.mean(step: step, map: 0) { $0.spearman }?.value }
    #expect(down.count == 11 && down[0] > down[10] && down[0] < 0.9)
    let told = shares.withLock(\.self)
    #expect(told == told.sorted() && told.last == 1)
  }

  @Test("nothing to check")
  func nothing() throws {
    let linear = try randomLinear()
    #expect(throws: EvaluationError.noImages) {
      try SanityCheck(
        linear, images: Noise(count: 0, classes: 4, height: 16, width: 16, channels: 1), attributions: [Gradient()],
        views: [Original()])
    }
    #expect(throws: MethodError.needsLayers("deeplift")) {
      try SanityCheck(
        linear, images: Noise(count: 1, classes: 4, height: 16, width: 16, channels: 1), attributions: [DeepLIFT()],
        views: [Original()])
    }
  }

  private func randomLinear() throws -> LinearClassifier {
    try LinearClassifier(
      weight: Formula.signed(3, [2, 256]).floats(), classes: 2, channels: 1, height: 16, width: 16)
  }

  @Test("shuffled labels are the same labels in another order")
  func shuffled() {
    let images = Noise(count: 40, classes: 4, height: 4, width: 4, channels: 1)
    let shuffled = images.withShuffledLabels(seed: 1)
    #expect(shuffled.labels != images.labels && shuffled.labels.sorted() == images.labels.sorted())
    #expect(shuffled.labels == images.withShuffledLabels(seed: 1).labels)
    #expect(shuffled.labels != images.withShuffledLabels(seed: 2).labels)
    #expect(shuffled[7] == images[7])
  }
}
