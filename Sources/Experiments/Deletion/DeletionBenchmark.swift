import Foundation
import Maps
import Rasters
import Tensors

/// How a classifier's answers change when the pixels that maps point to are exchanged, by any ``Metric``: the paper's black- and
/// white-deletion (section 4.2) and others, on any labelled images, for any maps. Maps explain the class that is predicted for the
/// untouched image.
///
/// The images are cut into blocks, and no batch goes beyond a block, so that blocks can be computed anywhere and in any order.
/// For the same kind of processor, number of threads, block and batch size a block's answers are the same bit by bit.
///
/// **Cost.** For each image one forward pass and one backward pass per class (for views that compare classes) give all maps;
/// one ranking per map serves all fractions; a map that has run out of pixels is not computed again; the controls share one
/// random order. What remains is one forward pass for each different image that comes out.
@dynamicMemberLookup public struct DeletionBenchmark: Sendable {
  package private(set) var explainer: Explainer
  public let images: any LabelledImages
  public let metrics: [any Metric]
  public let setup: DeletionSetup
  let addsSums: Bool

  /// The true class of every image, as an index into the classifier's classes.
  let labels: [Int]

  /// - Parameters:
  ///   - metrics: what the maps are judged by; no two of one name.
  ///   - fractions: of the pixels, for metrics that delete up to these: ascending, in 0…1.
  ///   - controls: whether random pixels are deleted, too.
  ///   - blockSize: nil: as many as have 100 × 32 × 32 pixels, one at least; half of that where there would be fewer than 16 blocks.
  ///   - memory: about how many bytes a batch may take.
  ///   - precision: what the answers for changed images are computed in; maps and the untouched images' answers are in float32
  ///     always. Others than ``AnswerPrecision/full`` are for classifiers whose layers are known.
  /// - Throws: ``EvaluationError`` for fractions that are not ascending in 0…1, no images, maps with negative values,
  ///   impossible options of metrics, a precision that the classifier cannot compute in, and images of classes that the classifier
  ///   does not know; ``MethodError/tooLittleMemory(needed:given:)`` if not one image fits into the bound.
  public init(
    _ explainer: Explainer, images: any LabelledImages, metrics: [any Metric] = Metrics.paper,
    fractions: [Double] = DeletionBenchmark.paperFractions, order: DeletionOrder = .descending, controls: Bool = true,
    seed: UInt64 = 0, blockSize: Int? = nil, memory: Int = 2_000_000_000, precision: AnswerPrecision = .full
  ) throws {
    guard !fractions.isEmpty, fractions.allSatisfy({ (0...1).contains($0) }),
      zip(fractions, fractions.dropFirst()).allSatisfy(<)
    else { throw EvaluationError.fractions }
    if let view = explainer.views.first(where: \.hasNegatives) {
      throw EvaluationError.negativeMaps(view: view.name)
    }
    guard images.count > 0 else { throw EvaluationError.noImages }
    let places = try ClassificationReport.indices(of: images.classNames, among: explainer.classifier.labels)
    labels = images.labels.map { places[Int($0)] }
    let input = explainer.classifier.preprocessing
    guard precision == .full || explainer.classifier is any LayeredClassifier else { throw EvaluationError.precision }
    try Self.check(metrics, explainer.classifier, memory: memory)
    self.images = images
    self.metrics = metrics
    setup = DeletionSetup(
      images: images.count, pixels: input.height * input.width, rivals: explainer.rivals,
      attributionSettings: Self.settings(of: explainer.attributions),
      metrics: metrics.map { .init(name: $0.name, settings: $0.settings) }, fractions: fractions, order: order,
      seed: seed,
      series: Self.series(explainer, controls: controls),
      blockSize: blockSize ?? Self.blockSize(images: images.count, pixels: input.height * input.width),
      batchSize: Self.batchSize(explainer.classifier, memory: memory),
      precision: precision == .full ? nil : precision)
    addsSums = metrics.contains(where: \.scoresSums)
    self.explainer = addsSums ? try Self.addingSums(to: explainer) : explainer
    self.explainer.memory = memory
  }

  /// The same with its part of the memory for maps, where several work side by side.
  func sharingMemory(among count: Int) -> Self {
    var shared = self
    shared.explainer.memory /= max(1, count)
    return shared
  }

  /// Only attributions that are seen through some view are of interest.
  private static func addingSums(to explainer: Explainer) throws -> Explainer {
    try Explainer(
      explainer.classifier, attributions: explainer.attributions.filter { !explainer.views(of: $0).isEmpty },
      views: explainer.views + [ChannelSum()], rivals: explainer.rivals, leavesOutSigned: true)
  }

  /// The maps of an explainer and, if wanted, their controls: random pixels, and as many random pixels as each map deletes, but for
  /// views that do not read the sign, which leave no pixel out.
  private static func series(_ explainer: Explainer, controls: Bool) -> [MapName] {
    let maps = explainer.mapNames
    guard controls else { return maps }
    let parts = explainer.views.filter(\.needsSign).map(\.name)
    return maps + [.control(.random)] + maps.filter { parts.contains($0.view) }.map(\.asManyRandom)
  }

  private static func check(_ metrics: [any Metric], _ classifier: any Classifier, memory: Int) throws {
    let input = classifier.preprocessing
    for (index, metric) in metrics.enumerated() {
      try metric.check(pixels: input.height * input.width)
      if metrics[..<index].contains(where: { $0.name == metric.name }) {
        throw EvaluationError.doubleMetric(metric.name)
      }
    }
    let needed = classifier.bytesPerImage
    guard memory >= needed else { throw MethodError.tooLittleMemory(needed: needed, given: memory) }
  }

  /// Nil where there are none.
  private static func settings(of attributions: [any Attribution]) -> [String: [String: String]]? {
    let settings = attributions.filter { !$0.settings.isEmpty }.map { ($0.name, $0.settings) }
    return settings.isEmpty ? nil : Dictionary(settings) { first, _ in first }
  }

  /// 0, 0.1, …, 0.9
  public static let paperFractions = (0...9).map { Double($0) / 10 }

  public subscript<Value>(dynamicMember path: KeyPath<DeletionSetup, Value>) -> Value { setup[keyPath: path] }

  /// Larger blocks share the work on the weights among more images; but of few blocks the threads get different numbers.
  private static func blockSize(images: Int, pixels: Int) -> Int {
    let usual = max(1, 100 * 32 * 32 / pixels)
    return images < 16 * usual ? max(1, usual / 2) : usual
  }

  /// How many images are computed with at once: enough to keep the processors busy, few enough that the results of a layer
  /// stay in their caches.
  private static func batchSize(_ classifier: any Classifier, memory: Int) -> Int {
    let bytes = max(classifier.bytesPerImage, 1)
    return max(1, min(memory / bytes, classifier.device == .cpu ? max(8, 128_000_000 / bytes) : 4096))
  }
}
