import Foundation
import Maps
import Rasters
import Tensors

/// How a classifier's answers change when the most salient pixels are deleted: the paper's black- and white-deletion
/// (section 4.2), on any labelled images, for any maps.
///
/// For an image of P pixels, a map and a fraction f the first k = ⌊f·P + ½⌋ pixels in the map's order are replaced, but never
/// one whose saliency is zero; the classifier then answers anew. Maps explain the class that is predicted for the untouched
/// image.
///
/// The images are cut into blocks, and no batch goes beyond a block, so that blocks can be computed anywhere and in any order.
/// For the same kind of processor, number of threads, block and batch size a block's answers are the same bit by bit.
///
/// **Cost.** For each image one forward pass and one backward pass per class (for views that compare classes) give all maps;
/// one ranking per map serves all fractions; a map that has run out of pixels is not computed again; the controls share one
/// random order. What remains is one forward pass for each different image that comes out.
@dynamicMemberLookup public struct DeletionBenchmark: Sendable {
  public private(set) var explainer: Explainer
  public let images: any LabelledImages
  public let setup: DeletionSetup

  /// The true class of every image, as an index into the classifier's classes.
  public let labels: [Int]

  /// - Parameters:
  ///   - controls: whether random pixels are deleted, too.
  ///   - curveMetrics: further metrics, for the same maps; each kind once.
  ///   - blockSize: nil: as many as have 100 × 32 × 32 pixels, one at least.
  ///   - memory: about how many bytes a batch may take.
  ///   - precision: what the answers for changed images are computed in; maps and the untouched images' answers are in float32
  ///     always. ``Precision/mixed`` is for built-in networks.
  /// - Throws: ``EvaluationError`` for fractions that are not ascending in 0…1, no images, maps with negative values,
  ///   impossible options of curve metrics, a precision that the classifier cannot compute in, and images of classes that the classifier does not know;
  ///   ``MethodError/tooLittleMemory(needed:given:)`` for curve metrics, if not one image fits into the bound.
  public init(
    _ explainer: Explainer, images: any LabelledImages, replacements: [Replacement] = [.black, .white],
    fractions: [Double] = DeletionBenchmark.paperFractions, order: DeletionOrder = .descending, controls: Bool = true,
    seed: UInt64 = 0, curveMetrics: [CurveMetric] = [], blockSize: Int? = nil, memory: Int = 2_000_000_000,
    precision: Precision = .full
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
    try Self.check(curveMetrics, explainer.classifier, memory: memory)
    self.images = images
    setup = DeletionSetup(
      images: images.count, pixels: input.height * input.width, rivals: explainer.rivals,
      attributionSettings: Self.settings(of: explainer.attributions), replacements: replacements, fractions: fractions,
      order: order, seed: seed,
      series: DeletionSeries.all(explainer, controls: controls),
      curveMetrics: curveMetrics.isEmpty ? nil : curveMetrics,
      blockSize: blockSize ?? max(1, 100 * 32 * 32 / (input.height * input.width)),
      batchSize: Self.batchSize(explainer.classifier, memory: memory),
      precision: precision == .full ? nil : precision)
    self.explainer = setup.addsSums ? try Self.addingSums(to: explainer) : explainer
    self.explainer.memory = memory
  }

  /// The same with its part of the memory for maps, where several work side by side.
  public func sharingMemory(among count: Int) -> Self {
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

  private static func check(_ metrics: [CurveMetric], _ classifier: any Classifier, memory: Int) throws {
    let input = classifier.preprocessing
    for (index, metric) in metrics.enumerated() {
      try metric.check(pixels: input.height * input.width)
      if metrics[..<index].contains(where: { $0.kind == metric.kind }) {
        throw EvaluationError.doubleMetric(metric.kind.rawValue)
      }
    }
    let needed = classifier.bytesPerImage
    guard metrics.isEmpty || memory >= needed else {
      throw MethodError.tooLittleMemory(needed: needed, given: memory)
    }
  }

  /// Nil where there are none.
  private static func settings(of attributions: [any Attribution]) -> [String: [String: String]]? {
    let settings = attributions.filter { !$0.settings.isEmpty }.map { ($0.name, $0.settings) }
    return settings.isEmpty ? nil : Dictionary(settings) { first, _ in first }
  }

  /// 0, 0.1, …, 0.9
  public static let paperFractions = (0...9).map { Double($0) / 10 }

  public subscript<Value>(dynamicMember path: KeyPath<DeletionSetup, Value>) -> Value { setup[keyPath: path] }

  /// How many images are computed with at once: enough to keep the processors busy, few enough that the results of a layer
  /// stay in their caches.
  private static func batchSize(_ classifier: any Classifier, memory: Int) -> Int {
    let bytes = max(classifier.bytesPerImage, 1)
    return max(1, min(memory / bytes, classifier.device == .cpu ? max(8, 128_000_000 / bytes) : 4096))
  }
}
