import Datasets
import Downloads
import Foundation
import Maps
import Networks
import Rasters
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

  public let settings: RoarSettings
  let identity: RunIdentity
  let dataset: Dataset
  let explainer: Explainer

  /// - Parameters:
  ///   - explainer: makes the maps, of the class that its classifier predicts for each image.
  ///   - model: the classifier's name and file, for the record.
  ///   - dataset: to train on and to test with, of the classifier's input size.
  ///   - controls: removed besides the maps.
  ///   - architecture: what is trained.
  ///   - recipe: how; its seed is the first.
  ///   - seeds: trainings of each kind, with other first weights.
  ///   - fractions: shares of the pixels to remove, above 0 up to 1, ascending.
  /// - Throws: ``CheckError``; ``EvaluationError``; Foundation's errors.
  public init(
    _ explainer: Explainer, model: (name: String, file: URL), dataset: Dataset,
    controls: [ControlMap] = ControlMap.allCases,
    architecture: Architecture, recipe: Recipe = Recipe(), seeds: Int = 1,
    fractions: [Double] = RoarRun.paperFractions
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
    if let view = explainer.views.first(where: \.hasNegatives) {
      throw EvaluationError.negativeMaps(view: view.name)
    }
    self.explainer = explainer
    self.dataset = dataset
    settings = RoarSettings(
      model: model.name, modelSum: try Checksum.of(model.file, .sha256).hex, dataset: dataset.provenance,
      trainingImages: dataset.train.count, testImages: dataset.test.count, architecture: architecture, recipe: recipe,
      seeds: seeds, fractions: fractions,
      maps: explainer.attributions.flatMap { attribution in
        explainer.views(of: attribution).map { .init(attribution: attribution.name, view: $0.name) }
      } + controls.map { .init(attribution: $0.rawValue) },
      attributions: Dictionary(explainer.attributions.map { ($0.name, $0.settings) }) { first, _ in first })
    identity = RunIdentity(
      model: settings.modelSum, data: try dataset.identity, device: explainer.classifier.device)
  }

  /// Those of the paper, besides 0.
  public static let paperFractions = [0.1, 0.3, 0.5, 0.7, 0.9]

  /// Makes a folder ready for ``run(in:progress:)``.
  ///
  /// - Parameter existing: what to do with results that it holds.
  /// - Throws: `RunFolderError`; Foundation's errors.
  public func open(_ folder: URL, existing: RunFolder.Existing = .refuse) throws -> RunFolder {
    try RunFolder(folder, settings, identity, parts: ["trainings", "orders"], existing: existing)
  }

  /// What came of one training.
  struct Outcome: Sendable, Equatable, Codable {
    /// The share of the test images, with pixels removed like the training images, that is classified correctly, 0…1.
    let accuracy: Double
    /// The mean share of a training image's pixels that was really removed.
    let removed: Double
  }

  /// Trains whatever has not been trained yet.
  ///
  /// - Throws: `CancellationError`, with everything done so far on disk; the errors of `Trainer` and of `Explainer`.
  @TorchActor public func run(
    in folder: RunFolder, progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws -> RoarReport {
    let trainings = settings.trainings
    var outcomes: [RoarSettings.Training: Outcome] = [:]
    for training in trainings { outcomes[training] = folder.read(Outcome.self, from: training.file) }
    let colour = RemovedPixels.meanColour(of: dataset.train)
    for map in [nil] + settings.maps {
      let missing = trainings.filter { $0.map == map && outcomes[$0] == nil }
      guard !missing.isEmpty else { continue }
      var order: Orders?
      if let map { order = try await orders(of: map, in: folder) { progress(.order(map, $0)) } }
      for training in missing {
        try Task.checkCancellation()
        let done = outcomes.count
        outcomes[training] = try await train(training, in: folder, orders: order, colour: colour) {
          progress(.training(title: training.title, done: done, of: trainings.count, $0))
        }
      }
      try folder.remove("orders")
    }
    // A run that was killed after a map's last training has left them.
    try folder.remove("orders")
    return RoarReport(settings: settings, outcomes: outcomes)
  }

  /// A data set's two parts in a map's order.
  typealias Orders = (train: RemovalOrder, test: RemovalOrder)

  @TorchActor private func train(
    _ training: RoarSettings.Training, in folder: RunFolder, orders: Orders?, colour: [UInt8],
    progress: @escaping @Sendable (Trainer.Event) -> Void
  ) async throws -> Outcome {
    var data = dataset
    if let orders {
      data = dataset.changed(
        training.title,
        train: RemovedPixels(dataset.train, order: orders.train, fraction: training.fraction, colour: colour),
        test: RemovedPixels(dataset.test, order: orders.test, fraction: training.fraction, colour: colour))
    }
    var recipe = settings.recipe
    recipe.seed += UInt64(training.seed)
    let network = try await TrainingRun(
      settings.architecture, recipe: recipe, dataset: data, folder: folder.folder(training.name),
      device: explainer.classifier.device, existing: .resume
    ).run(report: progress)
    let outcome = Outcome(
      accuracy: network.information.origin.accuracy ?? 0,
      removed: orders?.train.removedShare(training.fraction) ?? 0)
    try folder.write(outcome, as: training.file)
    // Of networks and checkpoints there would be very many.
    try folder.remove(training.name)
    return outcome
  }
}
