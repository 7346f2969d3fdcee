import Datasets
import Foundation
import Maps
import Networks
import Tensors
import Training

/// Trains a network on a generated data set of which the right pixels are known, and scores maps against them; see
/// ``GroundTruthBenchmark``. Its folder gets the network (`training/model.safetensors`) and the files of a ``GroundTruthReport``.
public struct GroundTruthRun: Sendable {
  public struct Settings: Sendable, Equatable, Codable {
    /// Decides the images, the first weights, and the random numbers of maps.
    public var seed: UInt64 = 0
    public var architecture = Architecture.basicCNN
    public var trainingImages = 8000
    public var epochs = 12
    /// Images that maps are scored on.
    public var images = 200

    public init() {}
  }

  /// How far a run is.
  public enum Progress: Sendable {
    case training(Trainer.Event)
    /// The share of the maps that are made, 0…1.
    case maps(Double)
  }

  /// The settings with the maps that are scored.
  private struct Whole: RunSettings {
    let settings: Settings
    /// The attributions' options by name.
    let attributions: [String: [String: String]]
    let views: [String]
  }

  public let folder: RunFolder
  public let settings: Settings
  private let attributions: [any Attribution]
  private let views: [any View]
  private let device: Device

  /// Makes the folder ready.
  ///
  /// - Parameters:
  ///   - settings: how many images to train on and to score, and how.
  ///   - attributions: to score.
  ///   - views: through which they are seen; signless attributions through the original alone.
  ///   - folder: for the results; made if it is not there.
  ///   - device: where to train and to compute.
  ///   - existing: what to do with results that the folder holds.
  /// - Throws: `RunFolderError`; Foundation's errors.
  public init(
    _ settings: Settings = Settings(), attributions: [any Attribution] = Attributions.all,
    views: [any View] = Views.paper, folder: URL, device: Device = .cpu,
    existing: RunFolder.Existing = .refuse
  ) throws {
    self.settings = settings
    self.attributions = attributions
    self.views = views
    self.device = device
    // The images follow from the settings.
    self.folder = try RunFolder(
      folder, Whole(settings: settings, attributions: Self.options(attributions), views: views.map(\.name)),
      RunIdentity(device: device), parts: [Self.training], existing: existing)
  }

  private static let training = "training"

  private static func options(_ attributions: [any Attribution]) -> [String: [String: String]] {
    Dictionary(attributions.map { ($0.name, $0.settings) }) { first, _ in first }
  }

  /// Trains, makes the maps and scores them. Cost: with the usual settings three minutes on two processor cores.
  ///
  /// - Throws: `CancellationError`; the errors of `Trainer` and of ``GroundTruthBenchmark``.
  public func run(_ progress: @escaping @Sendable (Progress) -> Void = { _ in }) async throws -> GroundTruthReport {
    let test = ShapeImages("test", count: settings.images, seed: settings.seed)
    let dataset = Dataset(
      name: "shapes", train: ShapeImages("training", count: settings.trainingImages, seed: settings.seed), test: test,
      provenance: "generated shapes, seed \(settings.seed)")
    var recipe = Recipe()
    recipe.epochs = settings.epochs
    recipe.batchSize = 32
    recipe.seed = settings.seed
    let start = try await Self.start(settings.architecture, for: test, seed: settings.seed)
    let network = try await TrainingRun(
      settings.architecture, recipe: recipe, dataset: dataset, folder: folder.folder(Self.training), start: start,
      device: device, existing: .resume
    ).run { progress(.training($0)) }
    let (attributions, views, device) = (attributions, views, device)
    let (rows, examples) = try await TorchActor.run {
      let classifier = try Network(network.information, parameters: network.parameters, device: device).folded()
      let rows = try await GroundTruthBenchmark(classifier, images: test, attributions: attributions, views: views)
        .run { progress(.maps($0)) }
      return (rows, try GroundTruthReport.examples(test, classifier, attributions, views))
    }
    return GroundTruthReport(
      settings: settings, accuracy: network.information.origin.accuracy ?? 0,
      attributionSettings: Self.options(attributions), rows: rows,
      images: test, examples: examples)
  }

  /// First weights with the variance 2/fan-in of K. He et al., *Delving Deep into Rectifiers*, 2015, and no biases. Those of
  /// PyTorch's default are so small that the Basic CNN, which has no batch normalisation, does not begin to learn shapes that
  /// are equally often bright and dark.
  @TorchActor private static func start(
    _ architecture: Architecture, for images: ShapeImages, seed: UInt64
  ) throws -> Network {
    let classes = images.classNames.count
    var parameters = try architecture.initialParameters(channels: images.channels, classes: classes, seed: seed)
    let generator = try Generator(seed: seed)
    for parameter in architecture.graph(channels: images.channels, classes: classes).parameters {
      switch parameter.role {
      case .convolutionWeight:
        parameters[parameter.name] = try .normal(
          deviation: (2 / Double(parameter.fanIn)).squareRoot(), shape: parameter.shape, using: generator)
      case .bias: parameters[parameter.name] = try Tensor(repeating: 0, shape: parameter.shape)
      case .linearWeight, .scale, .shift, .runningMean, .runningVariance, .other: break
      }
    }
    return try Network(
      ModelInformation(
        architecture: architecture, labels: LabelSet(images.classNames),
        preprocessing: Preprocessing(height: images.height, width: images.width, channels: images.channels),
        origin: .init(recipe: "normal with variance 2/fan-in, no biases", seed: seed)), parameters: parameters)
  }
}
