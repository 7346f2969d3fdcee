import Datasets
import Downloads
import Foundation
import Maps
import Networks
import Rasters
import Tensors
import Training

/// A ``SanityCheck`` of a built-in network with its files in one folder.
public struct SanityRun: Experiment {
  /// What is checked.
  public struct Settings: RunSettings {
    /// The model's name and its file's SHA-256.
    public let model: String
    public let modelSum: String
    public let images: String
    /// The attributions' options by name.
    public let attributions: [String: [String: String]]
    public let views: [String]
    public let seed: UInt64
    /// How the network for random labels is trained, and on what; nil: there is none.
    public let labelRecipe: Recipe?
    public let labelImages: String?

    public static let words = [
      "attributions": "options of attributions", "labelImages": "images with random labels",
    ]
  }

  private static let labelFolder = "random-labels"

  public static let parts = [labelFolder]

  public let settings: Settings
  public let identity: RunIdentity
  private let model: ModelChoice.Opened
  private let trained: Network
  private let check: SanityCheck
  private let labels: (recipe: Recipe, dataset: Dataset)?
  private let memory: Int

  /// - Parameters:
  ///   - model: a network of this library, whose layers can be randomised.
  ///   - images: to make the maps of.
  ///   - attributions: to check.
  ///   - views: through which they are seen; those that read the sign leave signless attributions out.
  ///   - labels: train the same architecture on the data set's training images with their labels shuffled, and compare its maps,
  ///     too.
  ///   - seed: of the random weights and labels.
  ///   - memory: about how many bytes the passes may take.
  ///   - trainingMemory: about how many bytes the program may take as a whole for the training; nil: what is needed.
  /// - Throws: ``EvaluationError``; `ModelFileError`; ``MethodError``; Foundation's errors.
  @TorchActor public init(
    _ model: ModelChoice.Opened, images: any LabelledImages, attributions: [any Attribution] = [Gradient()],
    views: [any View] = Views.all, labels: (recipe: Recipe, dataset: Dataset)? = nil, seed: UInt64 = 0,
    memory: Int = 2_000_000_000, trainingMemory: Int? = nil
  ) throws {
    guard let opened = model.classifier as? Network else { throw EvaluationError.needsNetwork(model: model.name) }
    // As it was trained: what was opened for speed has no batch normalisations left.
    trained = try Network(
      opened.information, parameters: Network.read(model.file).parameters, device: opened.device)
    guard !trained.layers.isEmpty else { throw EvaluationError.noLayers(model: model.name) }
    if let dataset = labels?.dataset {
      let input = opened.preprocessing
      guard LabelSet(dataset.train.classNames) == opened.labels, dataset.train.channels == input.channels,
        dataset.train.height == input.height, dataset.train.width == input.width
      else { throw EvaluationError.otherClasses(model: model.name, dataset: dataset.name) }
      if let trainingMemory, let recipe = labels?.recipe {
        try Trainer.check(trainingMemory, opened.information.architecture, recipe, dataset.train)
      }
    }
    check = try SanityCheck(opened, images: images, attributions: attributions, views: views, memory: memory)
    self.model = model
    self.labels = labels
    self.memory = memory
    settings = Settings(
      model: model.name, modelSum: try Checksum.of(model.file, .sha256).hex, images: images.name,
      attributions: attributions.settingsByName, views: views.map(\.name), seed: seed, labelRecipe: labels?.recipe,
      labelImages: labels?.dataset.train.name)
    var data = ["images": try images.digest()]
    if let labels { data.merge(try labels.dataset.identity) { $1 } }
    identity = RunIdentity(model: settings.modelSum, data: data, device: opened.device)
  }

  /// Trains on random labels if wanted, makes all maps and compares them.
  ///
  /// - Throws: `CancellationError`, with the training's state on disk; the errors of `Trainer` and of ``SanityCheck``.
  @TorchActor public func run(
    in folder: RunFolder, report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> SanityReport {
    try folder.reopen()
    let random = try await randomLabels(in: folder, report)
    let steps = SanityCheck.steps(layers: trained.layers, labels: random != nil)
    let result = try await check.run(
      steps,
      changed: { step in
        if step.kind == .labels, let random { return random.network }
        return try trained.randomized(step.layers, seed: settings.seed).folded()
      }, progress: { report(.progress($0, "maps")) })
    return SanityReport(
      settings: settings, result: result, labels: model.classifier.labels,
      learntRandomLabels: random?.accuracy)
  }

  /// The network for random labels and the share of the random labels that it has learnt.
  @TorchActor private func randomLabels(
    in folder: RunFolder, _ report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> (network: Network, accuracy: Double)? {
    guard let labels else { return nil }
    let shuffled = labels.dataset.train.withShuffledLabels(seed: settings.seed)
    let dataset = labels.dataset.changed(
      "training labels shuffled (seed \(settings.seed))", train: shuffled, test: labels.dataset.test)
    let network = try await TrainingRun(
      trained.information.architecture, recipe: labels.recipe, dataset: dataset, device: trained.device
    ).run(within: folder, Self.labelFolder, report: RunEvent.within("random labels", report))
    let own = try Network(network.information, parameters: network.parameters, device: trained.device).folded()
    return (own, try ClassificationReport.evaluate(own, on: shuffled, memory: memory).accuracy)
  }
}
