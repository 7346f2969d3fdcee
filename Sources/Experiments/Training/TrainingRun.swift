import Datasets
import Downloads
import Figures
import Foundation
import Maps
import Networks
import Rasters
import Tensors
import Training

/// A training with its files in one folder: `model.safetensors`, `checkpoint.safetensors`, `log.csv` and `curves.png`.
public struct TrainingRun: Sendable {
  /// What is trained. Another number of epochs is no other training: a finished one can be continued.
  struct Settings: RunSettings {
    let architecture: Architecture
    let recipe: Recipe
    let dataset: String
    /// The SHA-256 of the first weights, if they are not random.
    let start: String?

    static let words = ["start": "first weights", "dataset": "data set"]

    static func == (a: Self, b: Self) -> Bool {
      var same = a.recipe
      same.epochs = b.recipe.epochs
      return a.architecture == b.architecture && same == b.recipe && a.dataset == b.dataset && a.start == b.start
    }
  }

  public let folder: RunFolder
  private let trainer: Trainer
  private let dataset: String

  private static let checkpoint = "checkpoint.safetensors"
  private static let parts = [checkpoint, "model.safetensors", "log.csv", "curves.png"]

  public var model: URL { folder.file("model.safetensors") }

  /// Makes the folder ready. Cost: all images are read once, unless the data set's digests are known.
  ///
  /// - Parameter existing: what to do with a training that the folder holds.
  /// - Throws: `RunFolderError`; ``TrainingError``; `CancellationError`; Foundation's errors.
  @TorchActor public init(
    _ architecture: Architecture, recipe: Recipe, dataset: Dataset, folder: URL, start: Network? = nil,
    weightType: ElementType = .float32, device: Device, existing: RunFolder.Existing = .refuse
  ) throws {
    self.dataset = dataset.name
    let identity = try RunIdentity(data: dataset.identity, device: device)
    // Finds what does not fit before anything is written.
    trainer = try Trainer(
      architecture, recipe: recipe, train: dataset.train, test: dataset.test, dataset: dataset.provenance,
      data: identity.data.sorted { $0.key < $1.key }.map(\.value).joined(separator: "-"),
      checkpoint: folder.appending(path: Self.checkpoint), start: start, weightType: weightType, device: device)
    self.folder = try RunFolder(
      folder,
      Settings(
        architecture: architecture, recipe: recipe, dataset: dataset.provenance,
        start: start.map(Self.digest)),
      identity, parts: Self.parts, existing: existing, known: Self.unrecorded(in: folder))
  }

  /// Whether a folder holds nothing that a new training would replace; see `RunFolder/checkEmpty(_:known:)`.
  public static func checkEmpty(_ folder: URL) throws {
    try RunFolder.checkEmpty(folder, known: unrecorded(in: folder))
  }

  /// What can be gone on with, though an earlier version did not record what it is of: its checkpoint says most of it.
  private static func unrecorded(in folder: URL) -> [String] {
    FileManager.default.fileExists(atPath: folder.appending(path: checkpoint).path) ? parts : []
  }

  @TorchActor private static func digest(_ network: Network) throws -> String {
    let digest = Digest.sha256()
    for (name, tensor) in network.parameters.sorted(by: { $0.key < $1.key }) {
      digest.update(field: name.utf8)
      digest.update(field: try tensor.bytes())
    }
    return digest.finish().hex
  }

  /// Trains, keeps log and curves up to date after every epoch, and writes the model at the end.
  ///
  /// Cancelling keeps the state; see `Trainer/run(resume:stepsPerReport:report:)`.
  @discardableResult
  public func run(report: @Sendable @escaping (Trainer.Event) -> Void) async throws -> Network {
    let (folder, trainer, dataset) = (folder, trainer, dataset)
    let network = try await trainer.run(resume: folder.isResumed) { event in
      switch event {
      // A run that was killed may have kept an epoch's state but not yet its log.
      case .resumed(let history, _, _) where !history.isEmpty:
        try Self.record(history, of: trainer, on: dataset, in: folder)
      case .epoch(_, let history): try Self.record(history, of: trainer, on: dataset, in: folder)
      case .resumed, .step: break
      }
      report(event)
    }
    try await network.write(to: model, weightType: trainer.weightType)
    return network
  }

  private static func record(_ history: [EpochRecord], of trainer: Trainer, on dataset: String, in folder: RunFolder)
    throws
  {
    let header = "epoch,loss,accuracy,images_per_second,batches_s,forward_s,backward_s,update_s"
    let rows = history.map { record in
      let seconds = [\.batches, \.forward, \.backward, \EpochRecord.Phases.update].map { record.seconds[keyPath: $0] }
      return "\(record.epoch),\(record.loss),\(record.accuracy),\(record.imagesPerSecond),"
        + seconds.map { String(format: "%.3f", $0) }.joined(separator: ",")
    }
    try folder.write(RunFolder.csv([[header]] + rows.map { [$0] }), as: "log.csv")
    func plot(_ title: String, _ value: (EpochRecord) -> Double) -> CurveFigure.Plot {
      CurveFigure.Plot(
        title: title, xLabel: "epoch", yLabel: title.lowercased(),
        series: [.init(name: title, points: history.map { .init(x: Double($0.epoch), y: value($0)) })])
    }
    let figure = CurveFigure(
      title: "\(trainer.architecture.title) on \(dataset)", subtitle: trainer.recipe.summary,
      plots: [plot("Training loss", \.loss), plot("Test accuracy", \.accuracy)])
    try folder.write(figure.encoded(as: .png), as: "curves.png")
  }
}

extension Dataset {
  /// Both parts' digests, for a run that depends on both.
  var identity: [String: String] {
    get throws { try ["training images": digest(of: .train), "test images": digest(of: .test)] }
  }
}
