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
public struct RoarRun: Experiment {
  public let settings: RoarSettings
  public let identity: RunIdentity
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
  ///   - memory: about how many bytes the program may take as a whole for a training; nil: what is needed.
  /// - Throws: ``EvaluationError``; Foundation's errors.
  public init(
    _ explainer: Explainer, model: (name: String, file: URL), dataset: Dataset,
    controls: [ControlMap] = ControlMap.allCases,
    architecture: Architecture, recipe: Recipe = Recipe(), seeds: Int = 1,
    fractions: [Double] = RoarRun.paperFractions, memory: Int? = nil
  ) throws {
    let input = explainer.classifier.preprocessing
    guard dataset.train.height == input.height, dataset.train.width == input.width else {
      throw EvaluationError.otherSize(model: model.name, dataset: dataset.name)
    }
    guard input.height * input.width < RemovalOrder.mostPixels else {
      throw EvaluationError.tooManyPixels(most: RemovalOrder.mostPixels - 1)
    }
    guard dataset.train.count > 0, dataset.test.count > 0 else { throw EvaluationError.noImages }
    guard !fractions.isEmpty, fractions.allSatisfy({ $0 > 0 && $0 <= 1 }),
      zip(fractions, fractions.dropFirst()).allSatisfy(<)
    else { throw EvaluationError.fractions }
    if let view = explainer.views.first(where: \.hasNegatives) {
      throw EvaluationError.negativeMaps(view: view.name)
    }
    if let memory { try Trainer.check(memory, architecture, recipe, dataset.train) }
    self.explainer = explainer
    self.dataset = dataset
    settings = RoarSettings(
      model: model.name, modelSum: try Checksum.of(model.file, .sha256).hex, dataset: dataset.provenance,
      trainingImages: dataset.train.count, testImages: dataset.test.count, architecture: architecture, recipe: recipe,
      seeds: seeds, fractions: fractions,
      maps: explainer.mapNames + controls.map { $0.name() }, attributions: explainer.attributions.settingsByName)
    identity = RunIdentity(
      model: settings.modelSum, data: try dataset.identity, device: explainer.classifier.device)
  }

  /// Those of the paper, besides 0.
  public static let paperFractions = [0.1, 0.3, 0.5, 0.7, 0.9]

  public static let parts = ["trainings", "orders"]

  /// What came of one training.
  struct Outcome: Sendable, Equatable, Codable {
    /// The share of the test images, with pixels removed like the training images, that is classified correctly, 0…1.
    let accuracy: Double
    /// The mean share of a training image's pixels that was really removed.
    let removed: Double
  }

  /// Trains whatever has not been trained yet. Processes that share the folder share the trainings.
  ///
  /// - Throws: `CancellationError`, with everything done so far on disk; the errors of `Trainer` and of `Explainer`;
  ///   ``RunFolder/LeftToAnother``.
  @TorchActor public func run(
    in folder: RunFolder, report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> RoarReport {
    let trainings = settings.trainings
    func outcome(_ training: RoarSettings.Training) -> Outcome? { folder.read(Outcome.self, from: training.file) }
    let colour = RemovedPixels.meanColour(of: dataset.train)
    for (piece, by) in folder.lost where trainings.indices.contains(piece) {
      report(.warning("the training on \(trainings[piece].title) was begun by \(by), and not finished"))
    }
    let (queue, total) = (try folder.queue(trainings.indices), trainings.count)
    var own = 0
    while let piece = try queue.next() {
      let training = trainings[piece.number]
      if let lost = piece.lostBy {
        report(.warning("the training on \(training.title) was begun by \(lost), which is gone; gone on with"))
      }
      if outcome(training) == nil {
        try Task.checkCancellation()
        var order: Orders?
        if let map = training.map {
          order = try await orders(of: map, in: folder) { report(.progress($0, "maps, \(map.title)")) }
        }
        let done = own + queue.finishedByOthers()
        _ = try await train(training, in: folder, orders: order, colour: colour) { event in
          guard case .progress(let share, let text) = event.of(training.title) else { return }
          report(.progress((Double(done) + share) / Double(total), "training \(done + 1) of \(total): \(text)"))
        }
        if let map = training.map, trainings.allSatisfy({ $0.map != map || outcome($0) != nil }) {
          try removeOrders(of: map, in: folder)
        }
      }
      try queue.finish(piece.number)
      own += 1
    }
    try folder.takeLead()
    // A run that was killed after a map's last training has left them.
    try folder.remove("orders")
    let outcomes = trainings.compactMap { training in outcome(training).map { (training, $0) } }
    return RoarReport(settings: settings, outcomes: Dictionary(uniqueKeysWithValues: outcomes))
  }

  /// A data set's two parts in a map's order.
  typealias Orders = (train: RemovalOrder, test: RemovalOrder)

  @TorchActor private func train(
    _ training: RoarSettings.Training, in folder: RunFolder, orders: Orders?, colour: [UInt8],
    report: @escaping @Sendable (RunEvent) -> Void
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
      settings.architecture, recipe: recipe, dataset: data, device: explainer.classifier.device
    ).run(within: folder, training.name, report: report)
    let outcome = Outcome(
      accuracy: network.information.origin.accuracy ?? 0,
      removed: orders?.train.removedShare(training.fraction) ?? 0)
    try folder.write(outcome, as: training.file)
    // Of networks and checkpoints there would be very many.
    try folder.remove(training.name)
    return outcome
  }
}
