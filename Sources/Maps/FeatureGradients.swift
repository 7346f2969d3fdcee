import Tensors

/// The gradients of many classes of one classifier, by those of its features where that costs less.
///
/// Where the logits are F Wᵀ + b of features F, ∂S_c/∂I = Σ_d W_cd ∂F_d/∂I: one backward pass for each *live* feature, several at
/// once as a batch of copies of the image, and then a matrix product for blocks of classes. A feature is live unless nothing
/// flows back from it, as from the mean over a plane whose activations are all zero. Up to rounding the values are those of one
/// backward pass per class, which is what is done where that costs less or the features' gradients do not fit into memory.
@TorchActor final class FeatureGradients: ClassAttributions {
  private let batch: ImageBatch
  private let classifier: any FeatureClassifier
  private let recorded: RecordedGradients
  private let factor: Tensor?

  var logits: Tensor { recorded.logits }

  private init(_ batch: ImageBatch, _ classifier: any FeatureClassifier, times factor: Tensor?) throws {
    self.batch = batch
    self.classifier = classifier
    self.factor = factor
    recorded = try RecordedGradients(batch.images, times: factor, classifier.logits)
  }

  /// The gradients of a classifier's logits, in whichever way costs less.
  ///
  /// - Parameter factor: what gradients are multiplied with.
  static func begin(
    _ batch: ImageBatch, _ classifier: any Classifier, times factor: Tensor? = nil
  ) throws -> any ClassAttributions {
    guard let features = classifier as? any FeatureClassifier, features.featureCount != nil else {
      return try RecordedGradients(batch.images, times: factor, classifier.logits)
    }
    return try FeatureGradients(batch, features, times: factor)
  }

  /// The gradients of the live features of one image.
  private struct Live {
    /// [L, C·H·W]
    let gradients: Tensor
    /// [K, L], the columns of W that belong to them.
    let weight: Tensor
  }

  func values(
    for turns: [[Int]], progress: (Double) -> Void, _ take: (_ turn: Int, _ values: Tensor) throws -> Void
  ) throws {
    guard let head = try classifier.head, let places = try livePlaces(head, turns: turns.count) else {
      return try recorded.values(for: turns, progress: progress, take)
    }
    let passes = places.map(\.count).reduce(0, +)
    var done = 0
    let live = try places.enumerated().map { index, places in
      try self.live(places, head, image: index) { count in
        done += count
        progress(0.9 * Double(done) / Double(max(1, passes)))
      }
    }
    let shape = batch.images.shape
    let size = max(1, min(turns.count, Self.classesAtOnce))
    for block in turns.indices.batches(of: size) {
      try Task.checkCancellation()
      let images = try Torch.withoutGradient {
        try live.enumerated().map { index, live in
          let classes = turns[block].map { Int64($0[index]) }
          let rows = try live.weight.select(
            axis: 0, Tensor(classes, shape: [classes.count]).to(batch.images.device))
          // [classes, C·H·W]
          return try rows.linear(weight: live.gradients.permuted([1, 0]))
        }
      }
      for turn in block {
        let values = try images.map { try $0[turn - block.lowerBound..<turn - block.lowerBound + 1] }
        let gradient = try Tensor.concatenate(values).reshaped(shape)
        try take(turn, factor.map { try gradient * $0 } ?? gradient)
      }
      progress(0.9 + 0.1 * Double(block.upperBound) / Double(turns.count))
    }
  }

  /// More share the reading of the features' gradients, and take memory.
  private static let classesAtOnce = 64
  /// Copies of an image in one pass: as many as keep a processor's threads busy.
  private static let copiesAtOnce = 16

  /// The features of each image that anything flows back from; nil where one pass for each class is better.
  private func livePlaces(_ head: LinearHead, turns: Int) throws -> [[Int]]? {
    let (images, features) = (batch.images.shape[0], head.weight.shape[1])
    // No images of few classes: there are never far fewer live features than that.
    guard turns > Self.fewClasses, classifier.bytesPerImage < batch.memory / 4 else { return nil }
    let pixels = batch.images.shape.dropFirst().reduce(1, *)
    let room = batch.memory / 2 / max(1, pixels * (batch.images.type ?? .float32).size)
    let variable = try batch.images.variable()
    let values = try classifier.features(variable)
    guard values.shape == [images, features], values.requiresGradient else { return nil }
    let numbers = try values.detached().floats()
    var places = (0..<images).map { image in (0..<features).filter { numbers[image * features + $0] != 0 } }
    // A feature may be zero by chance: then something flows back from all that are zero, taken together at random.
    let seed = try Tensor.uniform(0.5..<1.5, shape: values.shape, using: Generator(seed: 4))
      .to(values.type ?? .float32, values.device)
    let isZero = try Tensor(numbers.map { Float($0 == 0 ? 1 : 0) }, shape: values.shape)
      .to(values.type ?? .float32, values.device)
    if let gradient = try values.gradients(seed: seed * isZero, of: [variable])[0] {
      let highest = try gradient.absolute().reshaped([images, pixels]).max(axis: 1).values.floats()
      for image in 0..<images where highest[image] != 0 { places[image] = Array(0..<features) }
    }
    let count = places.map(\.count).reduce(0, +)
    // A pass for a feature costs about four fifths of one for a class, as several share their weights.
    return count <= room && Double(count) < 0.9 * Double(turns * images) ? places : nil
  }

  private static let fewClasses = 50

  private func live(
    _ places: [Int], _ head: LinearHead, image: Int, _ progress: (Int) -> Void
  ) throws -> Live {
    let shape = Array(batch.images.shape.dropFirst())
    let pixels = shape.reduce(1, *)
    let memory = max(1, batch.memory / 4 / max(1, classifier.bytesPerImage))
    let copies = min(Self.copiesAtOnce, memory, max(1, places.count))
    let variable = try batch.images[image..<image + 1].expanded([copies] + shape).copy().variable()
    let features = try classifier.features(variable)
    let type = features.type ?? .float32
    let gradients = try Tensor(
      repeating: 0, shape: [places.count, pixels], type: batch.images.type ?? .float32, device: batch.images.device)
    for range in places.indices.batches(of: copies) {
      try Task.checkCancellation()
      let chosen = places[range]
      // Rows without a feature of their own ask for nothing.
      var seed = [Float](repeating: 0, count: features.count)
      for (row, place) in chosen.enumerated() { seed[row * features.shape[1] + place] = 1 }
      let gradient = try features.gradients(
        seed: Tensor(seed, shape: features.shape).to(type, features.device), of: [variable], retaining: true)[0]
      guard let gradient else { throw ClassifierError.noGradient }
      try gradients[range].addInPlace(
        gradient.reshaped([copies, pixels])[0..<chosen.count])
      progress(chosen.count)
    }
    let columns = try Tensor(places.map(Int64.init), shape: [places.count]).to(head.weight.device)
    return Live(
      gradients: gradients,
      weight: try head.weight.detached().to(batch.images.type ?? .float32).select(axis: 1, columns).contiguous())
  }
}
