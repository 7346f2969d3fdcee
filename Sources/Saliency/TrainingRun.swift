import Datasets
import Figures
import Foundation
import Networks
import Rasters
import SaliencyCore
import Tensors
import Training

/// A training with its files in one folder: `model.safetensors`, `checkpoint.safetensors`, `log.csv` and `curves.png`.
public struct TrainingRun: Sendable {
  public let folder: URL
  private let trainer: Trainer
  private let dataset: String

  public var model: URL { folder.appending(path: "model.safetensors") }

  /// Makes the folder if need be.
  public init(
    _ architecture: Architecture, recipe: Recipe, dataset: Dataset, folder: URL, start: Network? = nil,
    weightType: ElementType = .float32, device: Device
  ) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    self.folder = folder
    self.dataset = dataset.name
    trainer = try Trainer(
      architecture, recipe: recipe, train: dataset.train, test: dataset.test, dataset: dataset.provenance,
      checkpoint: Self.checkpoint(in: folder), start: start, weightType: weightType, device: device)
  }

  /// Where a run keeps its state.
  public static func checkpoint(in folder: URL) -> URL { folder.appending(path: "checkpoint.safetensors") }

  /// Trains, keeps log and curves up to date after every epoch, and writes the model at the end.
  ///
  /// Cancelling keeps the state; see `Trainer/run(resume:stepsPerReport:report:)`.
  @discardableResult
  public func run(resume: Bool, report: @Sendable @escaping (Trainer.Event) -> Void) async throws -> Network {
    let (folder, trainer, dataset) = (folder, trainer, dataset)
    let network = try await trainer.run(resume: resume) { event in
      switch event {
      // A run that was killed may have kept an epoch's state but not yet its log.
      case .resumed(let history, _) where !history.isEmpty:
        try Self.record(history, of: trainer, on: dataset, in: folder)
      case .epoch(_, let history): try Self.record(history, of: trainer, on: dataset, in: folder)
      case .resumed, .step: break
      }
      report(event)
    }
    try await network.write(to: model, weightType: trainer.weightType)
    return network
  }

  private static func record(_ history: [EpochRecord], of trainer: Trainer, on dataset: String, in folder: URL) throws {
    let header = "epoch,loss,accuracy,images_per_second,batches_s,forward_s,backward_s,update_s"
    let rows = history.map { record in
      let seconds = [\.batches, \.forward, \.backward, \EpochRecord.Phases.update].map { record.seconds[keyPath: $0] }
      return "\(record.epoch),\(record.loss),\(record.accuracy),\(record.imagesPerSecond),"
        + seconds.map { String(format: "%.3f", $0) }.joined(separator: ",")
    }
    let text = ([header] + rows).joined(separator: "\n") + "\n"
    try Data(text.utf8).write(to: folder.appending(path: "log.csv"), options: .atomic)
    func plot(_ title: String, _ value: (EpochRecord) -> Double) -> CurveFigure.Plot {
      CurveFigure.Plot(
        title: title, xLabel: "epoch", yLabel: title.lowercased(),
        series: [.init(name: title, points: history.map { .init(x: Double($0.epoch), y: value($0)) })])
    }
    let figure = CurveFigure(
      title: "\(trainer.architecture.title) on \(dataset)", subtitle: trainer.recipe.summary,
      plots: [plot("Training loss", \.loss), plot("Test accuracy", \.accuracy)])
    try figure.write(to: folder.appending(path: "curves.png"), as: .png)
  }
}
