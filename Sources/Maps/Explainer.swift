import Rasters
import Tensors

/// What was found out about one image.
public struct Explanation: Sendable {
  public let prediction: Prediction

  /// The class whose score is explained: the predicted one unless another was asked for.
  public let explainedClass: Int

  /// The classes it was compared with; empty when no view compares classes.
  public let rivals: [Int]

  /// One map for every attribution and its views, attribution by attribution, in the order asked for.
  public let maps: [SaliencyMap]

  /// One for every attribution, if asked for.
  public let rivalries: [Rivalry]

  /// One for every attribution that compares with a baseline.
  public let completeness: [Completeness]

  /// The map of a view, of the first attribution unless another is named; nil if it was not asked for.
  public func map(_ view: String, of attribution: String? = nil) -> SaliencyMap? {
    maps.first { $0.view == view && (attribution == nil || $0.attribution == attribution) }
  }
}

/// Explains a classifier's answers: any attributions, seen through any views, all from the same passes.
///
/// For each attribution the cost is its shared work (for the gradient one forward pass) plus one class's work (one
/// backward pass) for the explained class and, if a view compares classes, for each rival. Memory does not grow with the
/// number of classes beyond the bound.
public struct Explainer: Sendable {
  public let classifier: any Classifier
  public let attributions: [any Attribution]
  public let views: [any View]
  public let rivals: Rivals
  /// Whether to find the ``Rivalry`` as well.
  public let includesRivalry: Bool
  /// About how many bytes the passes of an attribution that makes many may take at once.
  public var memory: Int

  /// - Parameter leavesOutSigned: for attributions without sign, leave out the views that read it instead of throwing.
  /// - Throws: ``MethodError``: a view reads the sign of an attribution without, an attribution's options make no sense, or
  ///   it does not fit the classifier.
  public init(
    _ classifier: any Classifier, attributions: [any Attribution] = [Gradient()], views: [any View] = Views.paper,
    rivals: Rivals = .all, includesRivalry: Bool = false, leavesOutSigned: Bool = false, memory: Int = 2_000_000_000
  ) throws {
    for attribution in attributions { try attribution.check(classifier) }
    for attribution in attributions where attribution.sign == nil && !leavesOutSigned {
      if let view = views.first(where: \.needsSign)?.name ?? (includesRivalry ? Rivalry.name : nil) {
        throw MethodError.signlessAttribution(attribution.name, view: view)
      }
    }
    if case .top(let count) = rivals, count < 1 { throw MethodError.noRivals }
    self.classifier = classifier
    self.attributions = attributions
    self.views = views
    self.rivals = rivals
    self.includesRivalry = includesRivalry
    self.memory = memory
  }

  /// The views through which an attribution is seen: all, or those that read no sign where it has none.
  public func views(of attribution: any Attribution) -> [any View] {
    attribution.sign == nil ? views.filter { !$0.needsSign } : views
  }

  /// Whether rivals are needed.
  var comparesClasses: Bool { includesRivalry || views.contains { $0.comparesClasses } }

  /// Explains a batch of images.
  ///
  /// - Parameters:
  ///   - images: [N, C, H, W] in 0…1, such as ``Preprocessing/image(from:)-(PixelArray)`` makes.
  ///   - classes: the class to explain for each image; nil for the predicted one.
  ///   - indices: where each image stands in its data set, see ``ImageBatch/indices``; nil: 0 for every image.
  ///   - progress: called with the share of the work that is done, 0…1, after every class.
  /// - Throws: ``ClassifierError`` when logits or gradients are not finite or there is no gradient;
  ///   ``MethodError/tooLittleMemory(needed:given:)``; ``TorchError``; `CancellationError`, before the next class.
  @TorchActor public func explain(
    _ images: Tensor, classes: [Int?]? = nil, indices: [Int]? = nil, progress: (Double) -> Void = { _ in }
  ) throws -> [Explanation] {
    try attribute(images, classes, indices, progress) { attribution, extremes, found in
      for view in views(of: attribution) {
        let maps = try Self.rasters(view.maps(extremes))
        for index in found.indices {
          found[index].maps.append(SaliencyMap(attribution, view, values: maps[index]))
        }
      }
      if includesRivalry, attribution.sign != nil {
        for (index, rivalry) in try Rivalry.all(extremes, attribution: attribution.name).enumerated() {
          found[index].rivalries.append(rivalry)
        }
      }
    }.map(\.explanation)
  }

  /// The maps alone, as tensors [N, H, W] on the classifier's device: one for every attribution and view, attribution by
  /// attribution, in the order asked for. Parameters and errors as in
  /// ``explain(_:classes:indices:progress:)``.
  ///
  /// - Parameter took: told how many seconds an attribution took, its views included, one after the other.
  @TorchActor public func maps(
    _ images: Tensor, classes: [Int?]? = nil, indices: [Int]? = nil, took: (Double) -> Void = { _ in }
  ) throws -> [Tensor] {
    var maps: [Tensor] = []
    var begin = ContinuousClock.now
    func take(_ attribution: any Attribution, _ extremes: ClassExtremes, _: inout [Found]) throws {
      maps += try views(of: attribution).map { try $0.maps(extremes) }
      let end = ContinuousClock.now
      took((end - begin) / .seconds(1))
      begin = end
    }
    _ = try attribute(images, classes, indices, { _ in }, take)
    return maps
  }

  /// Does the work for one attribution after the other and hands out what the views need.
  @TorchActor private func attribute(
    _ images: Tensor, _ classes: [Int?]?, _ indices: [Int]?, _ progress: (Double) -> Void,
    _ take: (any Attribution, ClassExtremes, inout [Found]) throws -> Void
  ) throws -> [Found] {
    precondition(classes == nil || classes?.count == images.shape[0], "one class per image is needed")
    let batch = ImageBatch(try images.to(classifier.device), indices: indices, memory: memory)
    var found: [Found] = []
    for (turn, attribution) in attributions.enumerated() {
      let work = try attribution.begin(batch, classifier)
      if found.isEmpty { found = try answers(work.logits, classes) }
      let extremes = try extremes(work, found) { progress((Double(turn) + $0) / Double(attributions.count)) }
      guard try extremes.own.isFinite().to(.uint8).min().integers()[0] == 1 else {
        throw ClassifierError.notFinite(what: "\(attribution.name) values")
      }
      if let completeness = try Completeness.all(
        work, values: extremes.own, classes: found.map(\.explainedClass), attribution: attribution.name)
      {
        for index in found.indices { found[index].completeness.append(completeness[index]) }
      }
      try take(attribution, extremes, &found)
    }
    return found
  }

  /// Predictions, explained classes and their rivals.
  @TorchActor private func answers(_ logits: Tensor, _ classes: [Int?]?) throws -> [Found] {
    let values = try logits.floats()
    guard values.allSatisfy(\.isFinite) else { throw ClassifierError.notFinite(what: "logits") }
    return values.batches(of: logits.shape[1]).enumerated().map { index, row in
      let prediction = Prediction(logits: Array(row))
      let explained = classes?[index] ?? prediction.predictedClass
      return Found(
        prediction: prediction, explainedClass: explained,
        rivals: comparesClasses ? rivals.classes(against: explained, in: prediction) : [])
    }
  }

  @TorchActor private func extremes(
    _ work: any ClassAttributions, _ found: [Found], progress: (Double) -> Void
  ) throws -> ClassExtremes {
    let rivals = found.first?.rivals.count ?? 0
    let turns = [found.map(\.explainedClass)] + (0..<rivals).map { turn in found.map { $0.rivals[turn] } }
    var extremes: ClassExtremes?
    try work.values(for: turns, progress: progress) { turn, values in
      if turn == 0 {
        extremes = ClassExtremes(own: values)
      } else {
        try extremes?.include(values, of: turns[turn], namingClasses: includesRivalry)
      }
    }
    guard let extremes else { preconditionFailure("an attribution handed out no values") }
    return extremes
  }

  /// The maps [N, H, W] one by one.
  private static func rasters(_ maps: Tensor) throws -> [Raster<Float>] {
    let (height, width) = (maps.shape[1], maps.shape[2])
    return try maps.floats().batches(of: height * width).map {
      Raster(height: height, width: width, values: Array($0))
    }
  }
}

/// An explanation being put together.
private struct Found {
  let prediction: Prediction
  let explainedClass: Int
  let rivals: [Int]
  var maps: [SaliencyMap] = []
  var rivalries: [Rivalry] = []
  var completeness: [Completeness] = []

  var explanation: Explanation {
    Explanation(
      prediction: prediction, explainedClass: explainedClass, rivals: rivals, maps: maps, rivalries: rivalries,
      completeness: completeness)
  }
}
