import Maps
import Rasters
import Tensors

/// Scores maps against pixels that are known to be right: every attribution and view on every image of a `ShapeImages`, beside
/// maps that know nothing of the model.
///
/// The maps explain the image's true class. What each view should show is told at `PixelTruth`.
package struct GroundTruthBenchmark: Sendable {
  /// The scores of one map on all images on which its view has something to show.
  package struct Row: Sendable {
    package let map: MapName
    fileprivate let view: any View
    package internal(set) var scores: [PixelScore] = []
  }

  /// The views that can be scored: those that rank pixels.
  package static let views = Views.all.filter { !$0.hasNegatives }

  package let images: ShapeImages
  private let explainers: [Explainer]
  private let views: [any View]

  /// - Parameters:
  ///   - classifier: with the classes of `ShapeImages/classNames-type.property`.
  ///   - views: those with negative values are left out. Attributions without sign are seen through the original alone.
  /// - Throws: ``MethodError`` when an attribution's options make no sense or it does not fit the classifier;
  ///   ``EvaluationError/unknownClasses(_:)``, ``EvaluationError/noImages``.
  package init(
    _ classifier: any Classifier, images: ShapeImages, attributions: [any Attribution] = Attributions.selfSufficient,
    views: [any View] = GroundTruthBenchmark.views, memory: Int = 2_000_000_000
  ) throws {
    guard classifier.labels.names == images.classNames else {
      throw EvaluationError.unknownClasses(images.classNames)
    }
    guard images.count > 0 else { throw EvaluationError.noImages }
    self.images = images
    let views = views.filter { !$0.hasNegatives }
    self.views = views
    explainers = try attributions.map {
      try Explainer(
        classifier, attributions: [$0], views: views, leavesOutSigned: true, memory: memory)
    }.filter { !$0.views(of: $0.attributions[0]).isEmpty }
  }

  /// Makes the maps and scores them.
  ///
  /// - Parameter progress: called with the share of the work that is done, 0…1.
  /// - Throws: ``ClassifierError``, ``TorchError``, ``MethodError/tooLittleMemory(needed:given:)``; `CancellationError`, before
  ///   the next class.
  @TorchActor package func run(progress: @escaping @Sendable (Double) -> Void = { _ in }) async throws -> [Row] {
    let batches = (0..<images.count).batches(of: 40)
    let work = Double(batches.count * explainers.count)
    var done = 0.0
    var rows: [Row] = []
    for explainer in explainers {
      let attribution = explainer.attributions[0]
      var own = explainer.views(of: attribution).map { Row(map: MapName(attribution, $0), view: $0) }
      for batch in batches {
        let explanations = try await explainer.explainConcurrently(
          images.images(batch), classes: batch.map { Int(images.labels[$0]) }, indices: Array(batch)
        ) { [done] in progress((done + $0) / work) }
        for (image, explanation) in zip(batch, explanations) {
          for row in own.indices { add(explanation.maps[row].values, of: image, to: &own[row]) }
        }
        done += 1
      }
      rows += own
    }
    return rows + controls()
  }

  private func controls() -> [Row] {
    var rows = ControlMap.allCases.flatMap { control in views.map { Row(map: control.name(beside: $0), view: $0) } }
    for image in 0..<images.count {
      let picture = images[image].map { Float($0) / 255 }
      for (turn, control) in ControlMap.allCases.enumerated() {
        let map = control.map(of: picture, index: image, seed: images.seed)
        for view in views.indices { add(map, of: image, to: &rows[turn * views.count + view]) }
      }
    }
    return rows
  }

  private func add(_ map: Raster<Float>, of image: Int, to row: inout Row) {
    let truth = images.truth(image)
    guard let set = truth.pixels(of: row.view) else { return }
    row.scores.append(PixelScore(map.values, against: set, opposite: truth.opposite(of: row.view)))
  }
}
