import Datasets
import Downloads
import Evaluation
import Foundation
import Networks
import Rasters
import SaliencyCore
import SaliencyMethods
import Tensors
import Training

/// Remove and retrain (S. Hooker, D. Erhan, P.-J. Kindermans, B. Kim, *A Benchmark for Interpretability Methods in Deep Neural
/// Networks*, 2019), with its files in one folder: the pixels that a map ranks first are replaced by the mean colour in all
/// training and test images, and a network is trained from scratch on what is left. If a map finds what the classes can be told
/// by, the new network cannot learn them.
///
/// A training that is done is kept as `trainings/<name>.json`; one that is interrupted goes on from its checkpoint.
public struct RoarRun: Sendable {
  /// How far a run is.
  public enum Progress: Sendable {
    /// A map's pixels are being put in order: the share that is done, 0…1.
    case order(RoarSettings.Map, Double)
    /// A training is under way, or done: how many are, of all.
    case training(title: String, done: Int, of: Int, Trainer.Event)
  }

  public let folder: URL
  public let settings: RoarSettings
  let dataset: Dataset
  let explainer: Explainer
  let store: RoarStore
  /// Whether what the folder holds is of this run.
  let holdsOwn: Bool

  /// Makes the folder ready.
  ///
  /// - Parameters:
  ///   - explainer: makes the maps, of the class that its classifier predicts for each image.
  ///   - model: the classifier's name and file, for the record.
  ///   - dataset: to train on and to test with, of the classifier's input size.
  ///   - controls: removed besides the maps.
  ///   - architecture: what is trained.
  ///   - recipe: how; its seed is the first.
  ///   - seeds: trainings of each kind, with other first weights.
  ///   - fractions: shares of the pixels to remove, above 0 up to 1, ascending.
  ///   - folder: for the results; made if it is not there.
  ///   - estimateOnly: leave the folder as it is; only ``estimate()`` may be called.
  ///   - resume: go on with what the folder holds; all settings must be equal.
  ///   - force: remove what it holds.
  /// - Throws: ``CheckError``; ``EvaluationError``; Foundation's errors.
  public init(
    _ explainer: Explainer, model: (name: String, file: URL), dataset: Dataset,
    controls: [ControlMap] = ControlMap.allCases,
    architecture: Architecture, recipe: Recipe = Recipe(), seeds: Int = 1,
    fractions: [Double] = RoarRun.paperFractions, folder: URL, estimateOnly: Bool = false, resume: Bool = false,
    force: Bool = false
  ) throws {
    let input = explainer.classifier.preprocessing
    guard dataset.train.height == input.height, dataset.train.width == input.width else {
      throw CheckError.otherSize(model: model.name, dataset: dataset.name)
    }
    guard input.height * input.width < RemovalOrder.mostPixels else {
      throw CheckError.tooManyPixels(most: RemovalOrder.mostPixels - 1)
    }
    guard dataset.train.count > 0, dataset.test.count > 0 else { throw EvaluationError.noImages }
    guard !fractions.isEmpty, fractions.allSatisfy({ $0 > 0 && $0 <= 1 }),
      zip(fractions, fractions.dropFirst()).allSatisfy(<)
    else { throw EvaluationError.fractions }
    if let view = explainer.views.first(where: { $0.name == "signed" }) {
      throw EvaluationError.negativeMaps(view: view.name)
    }
    self.explainer = explainer
    self.dataset = dataset
    self.folder = folder
    settings = RoarSettings(
      model: model.name, modelSum: try Checksum.of(model.file, .sha256).hex, dataset: dataset.provenance,
      trainingImages: dataset.train.count, testImages: dataset.test.count, architecture: architecture, recipe: recipe,
      seeds: seeds, fractions: fractions,
      maps: explainer.attributions.flatMap { attribution in
        explainer.views(of: attribution).map { .init(attribution: attribution.name, view: $0.name) }
      } + controls.map { .init(attribution: $0.rawValue) },
      attributions: Dictionary(explainer.attributions.map { ($0.name, $0.settings) }) { first, _ in first })
    store = RoarStore(folder)
    holdsOwn = !estimateOnly || ResultsFolder.settings(in: folder) == settings
    guard !estimateOnly else { return }
    _ = try ResultsFolder(folder, settings: settings, parts: RoarStore.parts, resume: resume, force: force)
  }

  /// Those of the paper, besides 0.
  public static let paperFractions = [0.1, 0.3, 0.5, 0.7, 0.9]

  /// Trains whatever has not been trained yet.
  ///
  /// - Throws: `CancellationError`, with everything done so far on disk; the errors of `Trainer` and of `Explainer`.
  @TorchActor public func run(
    _ progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws -> RoarReport {
    let trainings = settings.trainings
    var outcomes: [RoarSettings.Training: RoarOutcome] = [:]
    for training in trainings { outcomes[training] = try store.outcome(of: training) }
    let colour = RemovedPixels.meanColour(of: dataset.train)
    for map in [nil] + settings.maps {
      let missing = trainings.filter { $0.map == map && outcomes[$0] == nil }
      guard !missing.isEmpty else { continue }
      var order: Orders?
      if let map { order = try await orders(of: map) { progress(.order(map, $0)) } }
      for training in missing {
        try Task.checkCancellation()
        let done = outcomes.count
        outcomes[training] = try await train(training, orders: order, colour: colour) {
          progress(.training(title: training.title, done: done, of: trainings.count, $0))
        }
      }
      if let map { try store.removeOrders(of: map) }
    }
    return RoarReport(settings: settings, outcomes: outcomes)
  }

  /// A data set's two parts in a map's order.
  typealias Orders = (train: RemovalOrder, test: RemovalOrder)

  @TorchActor private func train(
    _ training: RoarSettings.Training, orders: Orders?, colour: [UInt8],
    progress: @escaping @Sendable (Trainer.Event) -> Void
  ) async throws -> RoarOutcome {
    var data = dataset
    if let orders {
      data = Dataset(
        name: dataset.name,
        train: RemovedPixels(dataset.train, order: orders.train, fraction: training.fraction, colour: colour),
        test: RemovedPixels(dataset.test, order: orders.test, fraction: training.fraction, colour: colour),
        provenance: "\(dataset.provenance), \(training.title)")
    }
    var recipe = settings.recipe
    recipe.seed += UInt64(training.seed)
    let folder = store.folder(of: training)
    let network = try await TrainingRun(
      settings.architecture, recipe: recipe, dataset: data, folder: folder, device: explainer.classifier.device
    ).run(resume: true, report: progress)
    let outcome = RoarOutcome(
      accuracy: network.information.origin.accuracy ?? 0,
      removed: orders?.train.removedShare(training.fraction) ?? 0)
    try store.keep(outcome, of: training)
    return outcome
  }
}
