import Maps
import Synchronization
import Tensors
import TestSupport
import Testing

/// A linear classifier with random gradients, and images that it classifies differently.
struct Case: CustomTestStringConvertible {
  let seed: UInt64
  let classes: Int
  let channels: Int
  let height: Int
  let width: Int
  /// Whether gradients are small whole numbers, so that many of them tie or vanish.
  let ties: Bool
  let weight: [Float]
  let images: [Float]
  let imageCount: Int

  var testDescription: String {
    "seed \(seed): \(classes) classes, \(channels)×\(height)×\(width)\(ties ? ", ties" : "")"
  }

  init(seed: UInt64, classes: Int? = nil) {
    var random = SeededGenerator(seed: seed)
    self.seed = seed
    self.classes = classes ?? [2, 3, 4, 7, 10, 23].randomElement(using: &random) ?? 2
    channels = Bool.random(using: &random) ? 1 : 3
    height = Int.random(in: 1...9, using: &random)
    width = Int.random(in: 1...9, using: &random)
    imageCount = Int.random(in: 1...4, using: &random)
    ties = Bool.random(using: &random)
    let size = channels * height * width
    let numbers = random.floats(self.classes * size)
    weight = ties ? numbers.map { ($0 * 2).rounded() } : numbers
    images = random.floats(imageCount * size, in: 0...1)
  }

  @TorchActor func classifier() throws -> LinearClassifier {
    try LinearClassifier(weight: weight, classes: classes, channels: channels, height: height, width: width)
  }

  @TorchActor func batch() throws -> Tensor { try Tensor(images, shape: [imageCount, channels, height, width]) }

  func oracle(_ explanation: Explanation, rivals: [Int]) -> Oracle {
    let size = channels * height * width
    return Oracle(
      gradients: (0..<classes).map { Array(weight[$0 * size..<($0 + 1) * size]) },
      explained: explanation.explainedClass, rivals: rivals, channels: channels)
  }

  func rivals(of explanation: Explanation) -> [Int] { (0..<classes).filter { $0 != explanation.explainedClass } }
}

@Suite @TorchActor struct ExplainerTests {
  nonisolated static let cases =
    (0..<300).map { Case(seed: $0) } + [100, 257, 1000].map { Case(seed: UInt64($0), classes: $0) }

  @Test(arguments: cases) func mapsEqualTheFormulas(_ test: Case) throws {
    let explanations = try Explainer(test.classifier(), views: Views.all).explain(test.batch())
    #expect(explanations.count == test.imageCount)
    for explanation in explanations {
      let oracle = test.oracle(explanation, rivals: test.rivals(of: explanation))
      #expect(explanation.maps.map(\.view) == Views.all.map(\.name))
      for map in explanation.maps { #expect(map.values.values == oracle.map(map.view), "\(map.view)") }
    }
  }

  @Test("images shared among threads come back in order, with their own classes and random numbers", arguments: 0..<20)
  func explainedConcurrently(seed: UInt64) async throws {
    let test = Case(seed: seed)
    let explainer = try Explainer(
      test.classifier(), attributions: [Gradient(), SmoothGrad()], views: Views.all, includesRivalry: true)
    let batch = try Tensor.concatenate([Tensor](repeating: test.batch(), count: 3))
    let classes: [Int?] = (0..<batch.shape[0]).map { $0 % 2 == 0 ? nil : $0 % test.classes }
    let indices = (0..<batch.shape[0]).map { $0 * 7 }
    let shares = Mutex<[Double]>([])
    let found = try await explainer.explainConcurrently(batch, classes: classes, indices: indices) { share in
      shares.withLock { $0.append(share) }
    }
    let expected = try explainer.explain(batch, classes: classes, indices: indices)
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) {
      #expect(found.prediction.predictedClass == expected.prediction.predictedClass)
      #expect(found.explainedClass == expected.explainedClass)
      #expect(found.rivalries.map(\.attribution) == expected.rivalries.map(\.attribution))
      for (map, expected) in zip(found.maps, expected.maps) {
        expectClose(map.values.values, expected.values.values, absolute: 1e-6)
      }
    }
    let told = shares.withLock(\.self)
    #expect(zip(told, told.dropFirst()).allSatisfy(<=))
    #expect(abs((told.last ?? 0) - 1) < 1e-9)
  }

  @Test("what one of the threads throws is thrown, and too little memory for several leaves one")
  func concurrentErrors() async throws {
    let classifier = try LinearClassifier(weight: [.infinity, 1], classes: 2, channels: 1, height: 1, width: 1)
    let images = try Tensor([0.5, 0.5, 0.5, 0.5] as [Float], shape: [4, 1, 1, 1])
    await #expect(throws: ClassifierError.notFinite(what: "logits")) {
      try await Explainer(classifier).explainConcurrently(images)
    }
    let plain = try LinearClassifier(weight: [2, 1], classes: 2, channels: 1, height: 1, width: 1)
    let tight = try Explainer(plain, attributions: [SmoothGrad()], memory: plain.bytesPerImage)
    #expect(try await tight.explainConcurrently(images).count == 4)
  }

  @Test(arguments: cases.prefix(60)) func identitiesHold(_ test: Case) throws {
    for explanation in try Explainer(test.classifier()).explain(test.batch()) {
      func values(_ view: String) -> [Float] { explanation.map(view)?.values.values ?? [] }
      let original = values("original")
      #expect(original == zip(values("positive"), values("negative")).map { max($0, $1) })
      #expect(zip(values("active"), original).allSatisfy { $0 <= $1 })
      #expect(zip(values("inactive"), original).allSatisfy { $0 <= $1 })
      if test.channels == 1 {
        #expect(zip(values("active"), values("inactive")).allSatisfy { $0 == 0 || $1 == 0 })
      }
    }
  }

  @Test(arguments: (500..<540).map { Case(seed: $0, classes: 2) })
  func withTwoClassesEveryDifferenceIsActiveOrInactive(_ test: Case) throws {
    for explanation in try Explainer(test.classifier()).explain(test.batch()) {
      let oracle = test.oracle(explanation, rivals: test.rivals(of: explanation))
      let (own, other) = (
        oracle.gradients[explanation.explainedClass], oracle.gradients[1 - explanation.explainedClass]
      )
      let pixels = test.height * test.width
      for pixel in 0..<pixels {
        let elements = (0..<test.channels).map { $0 * pixels + pixel }
        let differing = elements.filter { own[$0] != other[$0] }.map { abs(own[$0]) }.max() ?? 0
        let active = explanation.map("active")?.values.values[pixel] ?? -1
        let inactive = explanation.map("inactive")?.values.values[pixel] ?? -1
        #expect(max(active, inactive) == differing)
      }
    }
  }

  /// An image function added to every logit changes the values but not which elements are active or inactive.
  @Test(arguments: (600..<640).map { Case(seed: $0) }) func aCommonSummandKeepsTheMasks(_ test: Case) throws {
    var random = SeededGenerator(seed: test.seed + 1000)
    let size = test.channels * test.height * test.width
    // Sums of multiples of 1/256 are exact, so that no comparison is changed by rounding.
    let common = random.floats(size).map { ($0 * 256).rounded() / 256 }
    let coarse = test.weight.map { ($0 * 256).rounded() / 256 }
    let shifted = coarse.indices.map { coarse[$0] + common[$0 % size] }
    func masks(_ weight: [Float], class explained: Int) throws -> [[Bool]] {
      let classifier = try LinearClassifier(
        weight: weight, classes: test.classes, channels: test.channels, height: test.height, width: test.width)
      let rivalry = try Explainer(classifier, views: [], includesRivalry: true)
        .explain(test.batch()[0..<1], classes: [explained])[0].rivalries[0]
      return [rivalry.strongest.margins, rivalry.weakest.margins].map { $0.values.map { $0 > 0 } }
    }
    for explained in [0, test.classes - 1] {
      #expect(try masks(coarse, class: explained) == masks(shifted, class: explained))
    }
  }

  @Test(arguments: cases.prefix(80)) func fewerRivalsAreTheHighestScoring(_ test: Case) throws {
    for count in [1, 2, 5] {
      for explanation in try Explainer(test.classifier(), rivals: .top(count)).explain(test.batch()) {
        let logits = explanation.prediction.logits
        let rivals = test.rivals(of: explanation).sorted { (-logits[$0], $0) < (-logits[$1], $1) }.prefix(count)
        #expect(explanation.rivals == Array(rivals))
        let oracle = test.oracle(explanation, rivals: Array(rivals))
        for map in explanation.maps { #expect(map.values.values == oracle.map(map.view), "\(map.view)") }
      }
    }
  }

  @Test(arguments: cases.prefix(120)) func rivalryEqualsTheFormulas(_ test: Case) throws {
    for explanation in try Explainer(test.classifier(), views: [], includesRivalry: true).explain(test.batch()) {
      let oracle = test.oracle(explanation, rivals: test.rivals(of: explanation))
      let rivalry = explanation.rivalries[0]
      for (side, strongest) in [(rivalry.strongest, true), (rivalry.weakest, false)] {
        let expected = oracle.rivalry(strongest: strongest)
        #expect(side.margins.values == expected.map(\.margin))
        #expect(side.rivals.values.map(Int.init) == expected.map(\.rival))
      }
    }
  }

  @Test func anyClassCanBeExplained() throws {
    let test = Case(seed: 9)
    for explained in 0..<test.classes {
      let classes = [Int?](repeating: explained, count: test.imageCount)
      for explanation in try Explainer(test.classifier()).explain(test.batch(), classes: classes) {
        #expect(explanation.explainedClass == explained)
        #expect(!explanation.rivals.contains(explained))
        let oracle = test.oracle(explanation, rivals: test.rivals(of: explanation))
        for map in explanation.maps { #expect(map.values.values == oracle.map(map.view)) }
      }
    }
  }

  /// One forward pass; one backward pass per class if classes are compared, else one.
  @Test(arguments: [(Views.paper.map(\.name), 7), (["original", "positive", "negative"], 1)])
  func passesAreShared(views: [String], backwardPasses: Int) throws {
    let counter = CountingAttribution()
    let classifier = try LinearClassifier(
      weight: Array(repeating: 1, count: 7 * 4), classes: 7, channels: 1, height: 2, width: 2)
    let explainer = try Explainer(
      classifier, attributions: [counter], views: views.compactMap { Views.named($0) })
    _ = try explainer.explain(Tensor(repeating: 0.5, shape: [3, 1, 2, 2]))
    #expect(counter.begun == 1)
    #expect(counter.asked == backwardPasses)
  }

  @Test func signlessAttributionsRefuseSignedViews() throws {
    let test = Case(seed: 3)
    #expect(throws: MethodError.signlessAttribution("counting", view: "positive")) {
      try Explainer(test.classifier(), attributions: [CountingAttribution(sign: nil)])
    }
    #expect(throws: MethodError.signlessAttribution("counting", view: "rivalry")) {
      try Explainer(
        test.classifier(), attributions: [CountingAttribution(sign: nil)], views: [Original()],
        includesRivalry: true)
    }
    #expect(throws: Never.self) {
      try Explainer(test.classifier(), attributions: [CountingAttribution(sign: nil)], views: [Original()])
    }
  }

  @Test func viewsThatReadASignCanBeLeftOutForAttributionsWithoutOne() throws {
    let test = Case(seed: 3)
    let explainer = try Explainer(
      test.classifier(), attributions: [CountingAttribution(sign: nil), Gradient()], includesRivalry: true,
      leavesOutSigned: true)
    let explanation = try explainer.explain(test.batch())[0]
    #expect(
      explanation.maps.map { "\($0.attribution) \($0.view)" } == ["counting original"]
        + ["original", "positive", "negative", "active", "inactive"].map { "gradient \($0)" })
    #expect(explanation.rivalries.map(\.attribution) == ["gradient"])
    #expect(try explainer.maps(test.batch()).count == 6)
  }

  @Test func answersThatAreNotFiniteAreNamed() throws {
    let test = Case(seed: 3)
    let poisoned = try LinearClassifier(
      weight: test.weight.map { _ in .nan }, classes: test.classes, channels: test.channels, height: test.height,
      width: test.width)
    #expect(throws: ClassifierError.notFinite(what: "logits")) { try Explainer(poisoned).explain(test.batch()) }
  }
}

/// The gradient, counting how often it is asked.
@TorchActor private final class CountingAttribution: Attribution {
  nonisolated let name = "counting"
  nonisolated let sign: Sign?
  var begun = 0
  var asked = 0

  init(sign: Sign? = .brightness) { self.sign = sign }

  func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    begun += 1
    return Counted(inner: try Gradient().begin(batch, classifier), counter: self)
  }

  private final class Counted: ClassAttributions {
    let inner: any ClassAttributions
    let counter: CountingAttribution
    var logits: Tensor { inner.logits }

    init(inner: any ClassAttributions, counter: CountingAttribution) {
      self.inner = inner
      self.counter = counter
    }

    func values(
      for turns: [[Int]], progress: (Double) -> Void, _ take: (_ turn: Int, _ values: Tensor) throws -> Void
    ) throws {
      counter.asked += turns.count
      try inner.values(for: turns, progress: progress, take)
    }
  }
}
