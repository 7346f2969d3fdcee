import Datasets
import Downloads
import Figures
import Files
import Foundation
import Maps
import Networks
import Rasters
import Synchronization
import Tensors
import Training

/// A training with its files in one folder: `model.safetensors`, `checkpoint.safetensors`, `log.csv` and `curves.png`, and the
/// networks of the last epochs, where they are wanted, in `epochs/`.
public struct TrainingRun: Experiment {
  /// What is trained. Another number of epochs is no other training: a finished one can be continued.
  public struct Settings: RunSettings {
    let architecture: Architecture
    let recipe: Recipe
    let dataset: String
    /// The SHA-256 of the first weights, if they are not random.
    let start: String?

    public static let words = ["start": "first weights"]

    public static func == (a: Self, b: Self) -> Bool {
      var same = a.recipe
      same.epochs = b.recipe.epochs
      return a.architecture == b.architecture && same == b.recipe && a.dataset == b.dataset && a.start == b.start
    }
  }

  public let settings: Settings
  public let identity: RunIdentity
  /// The networks of so many epochs at the end are kept, each in a file of its own; the last one is the model.
  public var keptEpochs = 1
  /// Ends a training that is stuck (`[EpochRecord].isStuck(classes:)`) with ``TrainingError/stuck(epoch:)``, instead of a warning.
  public var endsWhenStuck = false
  /// This process' place among those that train together, all of them at the same time; nil: it is alone.
  public var place: Place?

  public struct Place: Sendable {
    /// Counted from 0.
    public let rank: Int
    public let count: Int
    /// Where process 0 waits for the others; nil: they find each other in the run's folder.
    public let meeting: ProcessGroup.Meeting?

    public init(rank: Int, of count: Int, meeting: ProcessGroup.Meeting? = nil) {
      self.rank = rank
      self.count = count
      self.meeting = meeting
    }
  }
  private let dataset: Dataset
  private let start: Network?
  private let weightType: ElementType

  private static let (checkpoint, model) = ("checkpoint.safetensors", "model.safetensors")
  public static let parts = [checkpoint, model, "log.csv", "curves.png", "epochs"]

  /// The file of the trained network in a run's folder.
  public static func model(in folder: RunFolder) -> URL { folder.file(model) }

  /// The files of the networks of the last epochs, ``keptEpochs`` of them, in their order, the model's last.
  public func networks(in folder: RunFolder) -> [URL] {
    let last = settings.recipe.epochs
    return (max(1, last - keptEpochs + 1)..<last).map { folder.file(Self.network(of: $0)) } + [Self.model(in: folder)]
  }

  private static func network(of epoch: Int) -> String { String(format: "epochs/epoch-%03d.safetensors", epoch) }

  /// Cost: all images are read once, unless the data set's digests are known.
  ///
  /// - Parameter memory: about how many bytes the program may take as a whole, but for data sets that are in memory; nil: what is needed.
  /// - Throws: ``TrainingError``; `CancellationError`; Foundation's errors.
  @TorchActor public init(
    _ architecture: Architecture, recipe: Recipe, dataset: Dataset, start: Network? = nil,
    weightType: ElementType = .float32, device: Device, memory: Int? = nil
  ) throws {
    if let memory { try Trainer.check(memory, architecture, recipe, dataset.train) }
    identity = try RunIdentity(data: dataset.identity, device: device)
    settings = Settings(
      architecture: architecture, recipe: recipe, dataset: dataset.provenance, start: try start.map(Self.digest))
    self.dataset = dataset
    self.start = start
    self.weightType = weightType
    // Finds what does not fit before anything is written.
    _ = try trainer(in: URL(filePath: "/"))
  }

  private func trainer(in folder: URL) throws -> Trainer {
    try Trainer(
      settings.architecture, recipe: settings.recipe, train: dataset.train, test: dataset.test,
      dataset: dataset.provenance, data: identity.data.sorted { $0.key < $1.key }.map(\.value).joined(separator: "-"),
      checkpoint: folder.appending(path: Self.checkpoint), start: start, weightType: weightType,
      device: identity.device)
  }

  /// An earlier version's checkpoint says itself most of what it is of.
  public static func unrecorded(in folder: URL) -> [String] {
    folder.appending(path: checkpoint).exists ? parts : []
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
  public func run(
    in folder: RunFolder, report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> TrainingReport {
    try folder.reopen()
    let records = Mutex<[EpochRecord]>([])
    let (trainer, epochs) = (try trainer(in: folder.url), settings.recipe.epochs)
    let group = try await group(in: folder.url, report)
    let network = try await trainer.run(in: group, resume: folder.isResumed) { event in
      switch event {
      case .otherProcesses(let count):
        report(
          .warning(
            "the checkpoint is of \(count == 1 ? "one process" : "\(count) processes"), so that what follows is the same up to "
              + "rounding, but not bit by bit"))
      case .resumed(let history, _, let ofSameData):
        // A run that was killed may have kept an epoch's state but not yet its log.
        if !history.isEmpty { try keep(history, in: folder) }
        records.withLock { $0 = history }
        try checkProgress(history)
        if !ofSameData {
          report(
            .warning(
              "the checkpoint is of an earlier version, so that it could not be checked that the data are the same")
          )
        }
        report(
          .note(
            history.count < epochs ? "going on with epoch \(history.count + 1)" : "all \(epochs) epochs are done"))
      case .step(let epoch, let done, let steps, let loss):
        // Not before the last epoch's state has been kept.
        try checkProgress(records.withLock(\.self))
        report(
          .progress(
            (Double(epoch - 1) + Double(done) / Double(steps)) / Double(epochs),
            String(format: "epoch %d of %d, step %d/%d, loss %.4f", epoch, epochs, done, steps, loss)))
      case .epoch(let record, let history, let network):
        if record.epoch < epochs, record.epoch > epochs - keptEpochs {
          let file = folder.file(Self.network(of: record.epoch))
          try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
          try network().write(to: file)
        }
        try keep(history, in: folder)
        records.withLock { $0 = history }
        report(
          .note(
            String(
              format: "epoch %d of %d: loss %.4f, test accuracy %.4f, %.0f images/s", record.epoch, epochs, record.loss,
              record.accuracy, record.imagesPerSecond)))
        if !endsWhenStuck, isStuck(history), !isStuck(history.dropLast()) {
          report(.warning("\(TrainingError.stuck(epoch: record.epoch).localizedDescription); another --seed may learn"))
        }
      }
    }
    try checkProgress(records.withLock(\.self))
    try await network.write(to: Self.model(in: folder), weightType: weightType)
    return TrainingReport(network: network, history: records.withLock(\.self), model: Self.model(in: folder))
  }

  private func isStuck(_ history: [EpochRecord]) -> Bool { history.isStuck(classes: dataset.test.classNames.count) }

  private func checkProgress(_ history: [EpochRecord]) throws {
    if endsWhenStuck, isStuck(history) { throw TrainingError.stuck(epoch: history.count) }
  }

  /// Takes part in a training as one of the processes after the first, which alone opens the folder, writes and reports.
  ///
  /// - Throws: `CancellationError`, also when the training was cancelled elsewhere; ``TrainingError``; `TorchError`.
  public func assist(in folder: URL) async throws {
    let group = try await group(in: folder) { _ in }
    _ = try await trainer(in: folder).run(in: group) { _ in }
  }

  /// The processes that train together, when all have come.
  private func group(in folder: URL, _ report: (RunEvent) -> Void) async throws -> ProcessGroup? {
    guard let place, place.count > 1 else { return nil }
    report(.progress(0, "waiting for \(place.count) processes"))
    let group =
      if let meeting = place.meeting {
        try await ProcessGroup(rank: place.rank, of: place.count, meeting: meeting)
      } else {
        try await ProcessGroup.join(rank: place.rank, of: place.count, in: folder)
      }
    try await Self.check(fingerprint(), in: group)
    return group
  }

  /// What all processes of a training must agree on.
  private func fingerprint() throws -> [Double] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let digest = Digest.sha256()
    digest.update(field: settings.architecture.rawValue.utf8)
    digest.update(field: try encoder.encode(settings.recipe))
    digest.update(field: (settings.start ?? "").utf8)
    digest.update(field: try encoder.encode(identity.data))
    return digest.finish().map(Double.init)
  }

  /// - Throws: ``TrainingError/differentProcesses(_:)``, in all processes.
  @TorchActor private static func check(_ fingerprint: [Double], in group: ProcessGroup) throws {
    let isDifferent = try group.broadcast(fingerprint) != fingerprint
    let all = try group.sum((0..<group.count).map { $0 == group.rank && isDifferent ? 1 : 0 })
    let different = all.indices.filter { all[$0] > 0 }
    guard different.isEmpty else { throw TrainingError.differentProcesses(different) }
  }

  /// The same in a folder of another run's, where it is begun or gone on with.
  func run(
    within folder: RunFolder, _ name: String, report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> Network {
    try await run(in: open(folder.folder(name), existing: .resume), report: report).network
  }

  private func keep(_ history: [EpochRecord], in folder: RunFolder) throws {
    let header = "epoch,loss,accuracy,images_per_second,batches_s,forward_s,backward_s,update_s"
    let rows = history.map { record in
      let seconds = [\.batches, \.forward, \.backward, \EpochRecord.Phases.update].map { record.seconds[keyPath: $0] }
      return "\(record.epoch),\(record.loss),\(record.accuracy),\(record.imagesPerSecond),"
        + seconds.map { String(format: "%.3f", $0) }.joined(separator: ",")
    }
    try folder.write(Data(([header] + rows).map { "\($0)\n" }.joined().utf8), as: "log.csv")
    func plot(_ title: String, _ value: (EpochRecord) -> Double) -> CurveFigure.Plot {
      CurveFigure.Plot(
        title: title, xLabel: "epoch", yLabel: title.lowercased(),
        series: [.init(name: title, points: history.map { .init(x: Double($0.epoch), y: value($0)) })])
    }
    let figure = CurveFigure(
      title: "\(settings.architecture.title) on \(dataset.name)", subtitle: settings.recipe.summary,
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

/// What came of a training.
public struct TrainingReport: ExperimentReport {
  public let network: Network
  /// All epochs'.
  public let history: [EpochRecord]
  /// The network's file.
  public let model: URL

  public var findings: Findings {
    let accuracy = network.information.origin.accuracy.map(Text.number) ?? "unknown"
    return Findings("test accuracy \(accuracy)", [.sentence(model.relativePath)])
  }
}
