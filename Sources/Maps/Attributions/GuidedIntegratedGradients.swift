import Tensors

/// Integrated gradients along a path that changes first what the class's logit depends on least.
///
/// A. Kapishnikov, S. Venugopalan, B. Avci, B. Wedin, M. Terry, T. Bolukbasi, *Guided Integrated Gradients: an Adaptive Path
/// Method for Removing Noise*, 2021. In each step the elements with the smallest absolute gradient move towards the image until
/// the L1 distance to it has shrunk by its share; no element strays from the straight line by more than a distance. Values have
/// the unit of logits, and their sign means evidence for or against the class. They add up to S_c(I) − S_c(b) but for the
/// completeness gap (``Completeness``).
///
/// **Cost.** Every class has a path of its own, so that nothing is shared: for each step and *each class* a forward and a backward pass,
/// and the elements sorted. With 10 classes and 50 steps that is 500 of each; take few rivals where there are many classes.
public struct GuidedIntegratedGradients: Attribution {
  public nonisolated let name = "guided-integrated-gradients"
  public let sign: Sign? = .evidence
  public nonisolated var steps: Int
  /// The share of the elements that move at once.
  public nonisolated var fraction: Double
  /// How far an element may be from the straight line, as a share of the line: 0 gives integrated gradients, 1 any path.
  public nonisolated var distance: Double
  public nonisolated var baseline: Baseline

  public nonisolated var settings: [String: String] {
    [
      "steps": "\(steps)", "path-fraction": "\(fraction)", "path-distance": "\(distance)",
      "baseline": baseline.description,
    ]
  }

  public nonisolated func configured(by options: MethodOptions) -> Self {
    Self(
      steps: options.steps, fraction: options.pathFraction, distance: options.pathDistance, baseline: options.baseline)
  }

  public nonisolated var passes: Int { steps }

  public nonisolated init(
    steps: Int = 50, fraction: Double = 0.25, distance: Double = 0.02, baseline: Baseline = .black
  ) {
    self.steps = steps
    self.fraction = fraction
    self.distance = distance
    self.baseline = baseline
  }

  public nonisolated func check(_ classifier: any Classifier) throws {
    guard steps >= 1 else { throw MethodError.tooFew("steps of \(name)", least: 1) }
    for (what, share) in [("fraction", fraction), ("distance", distance)] {
      guard (0...1).contains(share) else { throw MethodError.path(what, share) }
    }
    try baseline.check(classifier.preprocessing)
  }

  public func begin(_ batch: ImageBatch, _ classifier: any Classifier) throws -> any ClassAttributions {
    try GuidedPaths(self, batch, classifier)
  }
}

/// The paths of some classes, a few at once.
@TorchActor private final class GuidedPaths: ClassAttributions {
  let logits: Tensor
  let baselineLogits: Tensor?
  private let method: GuidedIntegratedGradients
  private let batch: ImageBatch
  private let classifier: any Classifier
  private let baselines: Tensor
  private let pathsAtOnce: Int

  init(_ method: GuidedIntegratedGradients, _ batch: ImageBatch, _ classifier: any Classifier) throws {
    self.method = method
    self.batch = batch
    self.classifier = classifier
    pathsAtOnce = try batch.passesAtOnce(classifier, bytesPerPass: classifier.bytesPerImage)
    let baselines = try method.baseline.values(for: batch.images)
    self.baselines = baselines
    (logits, baselineLogits) = try Torch.withoutGradient {
      (try classifier.logits(batch.images), try classifier.logits(baselines))
    }
  }

  func values(
    for turns: [[Int]], progress: (Double) -> Void, _ take: (_ turn: Int, _ values: Tensor) throws -> Void
  ) throws {
    let shape = batch.images.shape
    let count = shape[0]
    // Whole turns, as they are handed out.
    let turnsAtOnce = max(1, pathsAtOnce / count)
    for block in (0..<turns.count).batches(of: turnsAtOnce) {
      let start = block.lowerBound
      let found = try paths(turns[block].flatMap(\.self)) {
        progress((Double(start) + Double(block.count) * $0) / Double(turns.count))
      }
      for turn in block {
        let values = found[(turn - start) * count..<(turn - start + 1) * count].flatMap(\.values)
        try take(turn, Tensor(values, shape: shape).to(batch.images.type ?? .float32, batch.images.device))
      }
    }
  }

  /// The paths of all images, class after class.
  private func paths(_ classes: [Int], _ progress: (Double) -> Void) throws -> [GuidedPath] {
    let (shape, type) = (batch.images.shape, batch.images.type ?? .float32)
    let starts = try (0..<shape[0]).map { image in
      GuidedPath(
        from: try baselines.rows(image..<image + 1).doubles(), to: try batch.images[image..<image + 1].doubles())
    }
    var paths = classes.indices.map { starts[$0 % shape[0]] }
    let work = Double(method.steps * paths.count)
    for step in 1...method.steps {
      for part in paths.indices.batches(of: pathsAtOnce) {
        try Task.checkCancellation()
        let places = try Tensor(paths[part].flatMap(\.place), shape: [part.count] + shape.dropFirst())
        let recorded = try RecordedGradients(places.to(type, batch.images.device), classifier.logits)
        let gradients = try recorded.gradient(seed: Tensor(oneHot: Array(classes[part]), like: recorded.logits))
          .doubles()
        guard gradients.allSatisfy(\.isFinite) else { throw ClassifierError.notFinite(what: "gradients") }
        let size = gradients.count / part.count
        for (place, path) in part.enumerated() {
          paths[path].advance(
            Array(gradients[place * size..<(place + 1) * size]), to: Double(step) / Double(method.steps),
            fraction: method.fraction, distance: method.distance)
        }
        progress((Double((step - 1) * paths.count + part.upperBound)) / work)
      }
    }
    return paths
  }
}

/// The way of one image's elements from a baseline, for one class.
struct GuidedPath {
  private let start: [Double]
  private let end: [Double]
  /// The L1 distance from start to end.
  private let length: Double
  private(set) var place: [Double]
  /// What the elements' moves have changed the logit by.
  private(set) var values: [Double]

  init(from start: [Double], to end: [Double]) {
    self.start = start
    self.end = end
    length = zip(start, end).map { abs($1 - $0) }.reduce(0, +)
    place = start
    values = Array(repeating: 0, count: start.count)
  }

  /// Moves on until the distance to the end is 1 − α of the length.
  ///
  /// - Parameter gradient: of the class's logit where the path is.
  mutating func advance(_ gradient: [Double], to alpha: Double, fraction: Double, distance: Double) {
    let (least, most) = (max(alpha - distance, 0), min(alpha + distance, 1))
    let limits = start.indices.map { start[$0] + (end[$0] - start[$0]) * most }
    for index in start.indices where end[index] != start[index] {
      // What has fallen behind is brought along.
      if (place[index] - start[index]) / (end[index] - start[index]) < least {
        move(index, to: start[index] + (end[index] - start[index]) * least, gradient)
      }
    }
    let target = length * (1 - alpha)
    var movable = start.indices.filter { place[$0] != limits[$0] }.sorted { abs(gradient[$0]) < abs(gradient[$1]) }
    let rank = Int(fraction * Double(max(0, start.count - 1)))
    while !movable.isEmpty {
      let left = zip(place, end).map { abs($1 - $0) }.reduce(0, +)
      guard left - target > 1e-9 * max(1, left) else { return }
      // The elements with the smallest gradients, all of those that are equal.
      let threshold = rank < movable.count ? abs(gradient[movable[rank]]) : .infinity
      let chosen = movable.prefix { abs(gradient[$0]) <= threshold }
      let reach = chosen.map { abs(limits[$0] - place[$0]) }.reduce(0, +)
      let share = (left - target) / reach
      for index in chosen {
        move(index, to: share > 1 ? limits[index] : place[index] + (limits[index] - place[index]) * share, gradient)
      }
      guard share > 1 else { return }
      movable.removeFirst(chosen.count)
    }
  }

  private mutating func move(_ index: Int, to new: Double, _ gradient: [Double]) {
    values[index] += (new - place[index]) * gradient[index]
    place[index] = new
  }
}
