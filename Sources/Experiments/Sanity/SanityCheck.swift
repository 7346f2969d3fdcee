import Maps
import Rasters
import Tensors

/// Whether maps depend on what a model has learnt: compares the maps of a model with those of the same model with random weights, or
/// trained on random labels (J. Adebayo, J. Gilmer, M. Muelly, I. Goodfellow, M. Hardt, B. Kim, *Sanity Checks for Saliency Maps*,
/// 2018). A map that stays the same shows the image, not the model.
///
/// All maps explain the class that the trained model predicts.
public struct SanityCheck: Sendable {
  public enum Kind: String, Sendable, Codable {
    /// The last layers are random, one more at every step.
    case cascading
    /// One layer is random.
    case independent
    /// The model was trained on labels that were dealt out at random.
    case labels

    /// Those that make layers random.
    static let layered: [Kind] = [.cascading, .independent]
  }

  /// A change of the model.
  public struct Step: Sendable, Equatable, Codable {
    public let kind: Kind
    /// The layer that is random, with all behind it if cascading; empty for labels.
    public let layer: String
    /// All random layers.
    public let layers: Set<String>
  }

  /// The steps for layers named from the image to the logits: cascading and independent, both from the logits down, and labels
  /// if wanted.
  public static func steps(layers: [String], labels: Bool) -> [Step] {
    let down = Array(layers.reversed())
    return down.indices.map { Step(kind: .cascading, layer: down[$0], layers: Set(down[...$0])) }
      + down.map { Step(kind: .independent, layer: $0, layers: [$0]) }
      + (labels ? [Step(kind: .labels, layer: "", layers: [])] : [])
  }

  private let trained: any Classifier
  private let images: any LabelledImages
  private let attributions: [any Attribution]
  private let views: [any View]
  private let memory: Int

  /// - Parameters:
  ///   - images: their labels are not needed.
  ///   - views: attributions without sign leave out those that read it.
  ///   - memory: about how many bytes a batch may take.
  /// - Throws: ``EvaluationError/noImages``; ``MethodError``.
  public init(
    _ trained: any Classifier, images: any LabelledImages, attributions: [any Attribution], views: [any View],
    memory: Int = 2_000_000_000
  ) throws {
    guard images.count > 0 else { throw EvaluationError.noImages }
    self.trained = trained
    self.images = images
    self.attributions = attributions
    self.views = views
    self.memory = memory
    _ = try explainer(trained)
  }

  private func explainer(_ classifier: any Classifier) throws -> Explainer {
    try Explainer(classifier, attributions: attributions, views: views, leavesOutSigned: true, memory: memory)
  }

  /// Makes the maps of the trained model and of every changed one, and compares them.
  ///
  /// **Cost.** The maps of all images, once and again for every step.
  ///
  /// - Parameters:
  ///   - changed: the model of a step; asked for once for every batch of images.
  ///   - progress: called with the share of the work that is done, 0…1.
  /// - Throws: ``ClassifierError``, ``TorchError``, ``MethodError/tooLittleMemory(needed:given:)``, and what `changed` throws;
  ///   `CancellationError`, before the next class.
  @TorchActor public func run(
    _ steps: [Step], changed: (Step) throws -> any Classifier,
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) async throws -> SanityResult {
    let input = trained.preprocessing
    // Ranks, magnitudes, values and their bounds, of every map.
    let kept = 40 * input.height * input.width * (attributions.count * views.count + 1)
    let size = max(1, min(50, memory / max(4 * trained.bytesPerImage + kept, 1)))
    let batches = (0..<images.count).batches(of: size)
    let work = Double(batches.count * (steps.count + 1))
    var done = 0.0
    var result = SanityResult(
      maps: try explainer(trained).mapNames + [.control(.sobel)],
      steps: steps, imageCount: images.count)
    for batch in batches {
      let input = try ClassificationReport.batch(batch, of: images, for: trained)
      let edges = try batch.indices.map { index in
        let image = try Preprocessing.raster(from: input[index - batch.lowerBound..<index - batch.lowerBound + 1])
        return (image: image, map: ControlMap.sobel.map(of: image, index: index, seed: 0))
      }
      let reference = try await maps(trained, nil, input, Array(batch), edges) { [done] in progress((done + $0) / work)
      }
      done += 1
      let features = reference.map { $0.maps.map(MapFeatures.init) }
      if batch.lowerBound == 0 {
        result.example = .init(image: edges[0].image, explained: reference[0].explained, trained: reference[0].maps)
      }
      for (turn, step) in steps.enumerated() {
        let found = try await maps(changed(step), reference.map(\.explained), input, Array(batch), edges) { [done] in
          progress((done + $0) / work)
        }
        done += 1
        for (image, maps) in found.map(\.maps).enumerated() {
          for (place, map) in maps.enumerated() {
            result.similarities[turn][place].append(MapSimilarity(features[image][place], MapFeatures(map)))
          }
        }
        if batch.lowerBound == 0 { result.example?.changed.append(found[0].maps) }
      }
    }
    return result
  }

  /// The maps of a batch, the edges last.
  @TorchActor private func maps(
    _ classifier: any Classifier, _ classes: [Int?]?, _ input: Tensor, _ indices: [Int],
    _ edges: [(image: Raster<Float>, map: Raster<Float>)], progress: @escaping @Sendable (Double) -> Void
  ) async throws -> [(maps: [Raster<Float>], explained: Int)] {
    let found = try await explainer(classifier).explainConcurrently(
      input, classes: classes, indices: indices, progress: progress)
    return zip(found, edges).map { ($0.maps.map(\.values) + [$1.map], $0.explainedClass) }
  }
}
