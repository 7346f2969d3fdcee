import Datasets
import Foundation
import Maps
import Networks
import Tensors
import Training

/// Trains a network on a generated data set of which the right pixels are known, and scores maps against them; see
/// `GroundTruthBenchmark`. Its folder gets the network (`training/model.safetensors`) and the files of a ``GroundTruthReport``.
public struct GroundTruthRun: Experiment {
  public struct Options: Sendable, Equatable, Codable {
    /// Decides the images, the first weights, and the random numbers of maps.
    public var seed: UInt64 = 0
    public var architecture = Architecture.basicCNN
    public var trainingImages = 8000
    public var epochs = 12
    /// Images that maps are scored on.
    public var images = 200

    public init() {}
  }

  /// The options with the maps that are scored.
  public struct Settings: RunSettings {
    public let settings: Options
    /// The attributions' options by name.
    public let attributions: [String: [String: String]]
    public let views: [String]
  }

  public let settings: Settings
  private let attributions: [any Attribution]
  private let views: [any View]
  private let device: Device
  private let memory: Int?

  /// - Parameters:
  ///   - options: how many images to train on and to score, and how.
  ///   - attributions: to score.
  ///   - views: through which they are seen; signless attributions through the original alone.
  ///   - device: where to train and to compute.
  ///   - memory: about how many bytes the program may take as a whole; nil: what is usual, and for the training what it needs.
  public init(
    _ options: Options = Options(), attributions: [any Attribution] = Attributions.selfSufficient,
    views: [any View] = Views.paper, device: Device = .cpu, memory: Int? = nil
  ) {
    settings = Settings(
      settings: options, attributions: attributions.settingsByName, views: views.map(\.name))
    self.attributions = attributions
    self.views = views
    self.device = device
    self.memory = memory
  }

  /// The images follow from the settings.
  public var identity: RunIdentity { RunIdentity(device: device) }

  public static let parts = [training]
  private static let training = "training"

  /// Trains, makes the maps and scores them. Cost: with the usual settings three minutes on two processor cores.
  ///
  /// - Throws: `CancellationError`; the errors of `Trainer` and of `GroundTruthBenchmark`.
  public func run(
    in folder: RunFolder, report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> GroundTruthReport {
    try folder.reopen()
    let options = settings.settings
    let test = ShapeImages("test", count: options.images, seed: options.seed)
    let dataset = Dataset(
      name: "shapes", train: ShapeImages("training", count: options.trainingImages, seed: options.seed), test: test,
      provenance: "generated shapes, seed \(options.seed)")
    var recipe = Recipe()
    recipe.epochs = options.epochs
    recipe.batchSize = 32
    recipe.seed = options.seed
    let start = try await Self.start(options.architecture, for: test, seed: options.seed)
    let network = try await TrainingRun(
      options.architecture, recipe: recipe, dataset: dataset, start: start, device: device, memory: memory
    ).run(within: folder, Self.training, report: RunEvent.within("training", report))
    let (attributions, views, device) = (attributions, views, device)
    let classifier = try await TorchActor.run {
      try Network(network.information, parameters: network.parameters, device: device).folded()
    }
    let room = try await ProcessMemory.left(of: memory, for: classifier)
    let (rows, examples) = try await TorchActor.run {
      let rows = try await GroundTruthBenchmark(
        classifier, images: test, attributions: attributions, views: views, memory: room
      ).run { report(.progress($0, "maps")) }
      return (rows, try GroundTruthReport.examples(test, classifier, attributions, views, memory: room))
    }
    return GroundTruthReport(
      settings: options, accuracy: network.information.origin.accuracy ?? 0,
      attributionSettings: settings.attributions, rows: rows,
      images: test, examples: examples)
  }

  /// First weights with the variance 2/fan-in of K. He et al., *Delving Deep into Rectifiers*, 2015, and no biases. Those of
  /// PyTorch's default are so small that the Basic CNN, which has no batch normalisation, does not begin to learn shapes that
  /// are equally often bright and dark.
  @TorchActor private static func start(
    _ architecture: Architecture, for images: ShapeImages, seed: UInt64
  ) throws -> Network {
    let graph = architecture.graph(
      channels: images.channels, classes: images.classNames.count, height: images.height, width: images.width)
    var parameters = try architecture.initialParameters(of: graph, seed: seed)
    let generator = try Generator(seed: seed)
    for parameter in graph.parameters {
      switch parameter.role {
      case .convolutionWeight:
        parameters[parameter.name] = try .normal(
          deviation: (2 / Double(parameter.fanIn)).squareRoot(), shape: parameter.shape, using: generator)
      case .bias: parameters[parameter.name] = try Tensor(repeating: 0, shape: parameter.shape)
      case .linearWeight, .scale, .shift, .runningMean, .runningVariance, .position, .other: break
      }
    }
    return try Network(
      ModelInformation(
        architecture: architecture, labels: LabelSet(images.classNames),
        preprocessing: Preprocessing(height: images.height, width: images.width, channels: images.channels),
        origin: .init(recipe: "normal with variance 2/fan-in, no biases", seed: seed)), parameters: parameters)
  }
}
