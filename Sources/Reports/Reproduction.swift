import Datasets
import Experiments
import Foundation
import Maps
import Networks
import Rasters
import Tensors
import Training

/// The paper's tables and figures from one call: every bundled model on its data set, or models trained anew, measured and laid
/// beside the paper's numbers on one page.
///
/// The output folder holds `index.html`, `report.pdf`, `figures`, `results.json` and a folder for each model and data set. What is done is kept: a
/// reproduction that was broken off can be resumed.
public struct Reproduction: Sendable {
  /// The data sets that it knows, in the page's order.
  public static let datasets = ["cifar10", "imagenette", "fashion-mnist"]

  /// Opens a data set, its images as a classifier wants them, or for nil as they are trained on.
  public typealias OpenData = @Sendable (_ name: String, _ preprocessing: Preprocessing?) async throws -> Dataset

  /// Data sets and networks to reproduce; nil: all that the paper or this package has.
  public var datasets: [String]?
  public var architectures: [Architecture]?
  /// Train that many models of each kind from the seeds 0, 1, … instead of taking the bundled ones.
  public var seeds = 0
  public var recipe = Recipe()
  public var options = ReportOptions()
  /// The experiments, such as `imagenette-resnet18`, whose answers for changed images are computed in ``Precision/mixed``.
  public var mixed: Set<String> = []
  /// The record of how it was made, beside what is known here.
  public var making: [PageFact] = []

  private let folder: URL
  private let device: Device
  private let open: OpenData

  public init(folder: URL, device: Device = .cpu, open: @escaping OpenData) {
    self.folder = folder
    self.device = device
    self.open = open
  }

  /// A network on a data set.
  private struct Wanted {
    let architecture: Architecture
    let dataset: String

    var name: String { Reproduction.name(architecture, on: dataset) }
    var paper: Paper.Experiment { Paper.Experiment(architecture, on: dataset) }
    var bundled: BundledModel? { BundledModel.named(name) }
  }

  /// What the experiment with a network on a data set is called, in files and on the page.
  package static func name(_ architecture: Architecture, on dataset: String) -> String {
    "\(dataset)-\(architecture.rawValue)"
  }

  /// Pairs that are asked for by name, in the paper, or bundled.
  private var wanted: [Wanted] {
    (datasets ?? Self.datasets).flatMap { dataset in
      (architectures ?? Architecture.paper).map { Wanted(architecture: $0, dataset: dataset) }
    }.filter { (datasets != nil && architectures != nil) || $0.paper.accuracy != nil || $0.bundled != nil }
  }

  /// Makes the page.
  ///
  /// - Parameters:
  ///   - existing: what to do with results that the folder holds.
  ///   - report: told how far the run is.
  /// - Throws: `RunFolderError`, ``ReportError``, and what `ExperimentRun` and ``TrainingRun`` throw.
  /// - Returns: what the page says.
  public func run(
    existing: RunFolder.Existing = .refuse, report: @Sendable @escaping (RunEvent) -> Void = { _ in }
  ) async throws -> PageReport {
    let output = try ReportFolder(
      folder, options: options, seeds: seeds, experiments: wanted.map(\.name), device: device,
      existing: existing)
    var results: [ExperimentRun.Result] = []
    var missing: [PageMissing] = []
    var absent: Set<String> = []
    func miss(_ what: PageMissing) {
      missing.append(what)
      report(.warning(what.what + (what.command.map { " Get it with: \($0)" } ?? "")))
    }
    for wanted in wanted where !absent.contains(wanted.dataset) {
      guard seeds > 0 || wanted.bundled != nil else {
        miss(
          PageMissing(
            what: "There is no bundled \(wanted.architecture.title) for \(wanted.dataset).",
            command:
              "saliency reproduce --datasets \(wanted.dataset) --models \(wanted.architecture.option) --seeds 1"))
        continue
      }
      do {
        results.append(
          try await seeds > 0 ? trained(wanted, in: output, report) : bundled(wanted, in: output, report))
      } catch DatasetError.notFetched(let name) {
        absent.insert(wanted.dataset)
        miss(
          PageMissing(what: "The data set \(name) is not on this machine.", command: "saliency data fetch \(name)"))
      }
    }
    guard !results.isEmpty else { throw ReportError.nothingToReproduce(missing) }
    var page = PageReport(
      title: "Signed saliency maps: the paper reproduced", comparesWithPaper: true,
      experiments: results.map(\.experiment), making: making)
    page.missing = missing
    return try output.write(page, results)
  }

  private func bundled(
    _ wanted: Wanted, in output: ReportFolder, _ report: @Sendable @escaping (RunEvent) -> Void
  ) async throws -> ExperimentRun.Result {
    let device = device
    let model = try await TorchActor.run { try ModelChoice.open(wanted.name, device: device) }
    let twin = try await twin(wanted.name)
    let data = try await open(wanted.dataset, model.classifier.preprocessing)
    let options = options(for: wanted)
    return try await ExperimentRun(
      name: wanted.name, title: wanted.architecture.title, model: model, dataset: data, options: options,
      folder: output.experiment(wanted.name), paper: wanted.paper, twin: twin
    ).run { report($0) }
  }

  private func options(for wanted: Wanted) -> ReportOptions {
    var options = options
    if mixed.contains(wanted.name) { options.precision = .mixed }
    return options
  }

  /// The model on the other device, where there is one.
  private func twin(_ model: String) async throws -> (any Classifier)? {
    guard Torch.hasCUDA else { return nil }
    let other = device == .cpu ? Device.cuda : .cpu
    return try await TorchActor.run { try ModelChoice.open(model, device: other).classifier }
  }

  /// Trains models from all seeds and measures each; the page shows their means, and the first one's examples and checks.
  private func trained(
    _ wanted: Wanted, in output: ReportFolder, _ report: @Sendable @escaping (RunEvent) -> Void
  ) async throws -> ExperimentRun.Result {
    let data = try await open(wanted.dataset, nil)
    var runs: [ExperimentRun.Result] = []
    for seed in 0..<seeds {
      let folder = output.experiment(wanted.name).appending(path: "seed-\(seed)", directoryHint: .isDirectory)
      var recipe = recipe
      recipe.seed = UInt64(seed)
      let label = "\(wanted.name), seed \(seed)"
      let training = try await TrainingRun(wanted.architecture, recipe: recipe, dataset: data, device: device)
      let kept = try training.open(
        folder.appending(path: ExperimentRun.training, directoryHint: .isDirectory), existing: .resume)
      let path = TrainingRun.model(in: kept)
      if !kept.has(path.lastPathComponent) { _ = try await training.run(in: kept) { report($0.of(label)) } }
      let (file, device) = (path.path, device)
      let model = try await TorchActor.run { try ModelChoice.open(file, device: device) }
      var own = options(for: wanted)
      own.showsPictures = options.showsPictures && seed == 0
      runs.append(
        try await ExperimentRun(
          name: wanted.name, title: wanted.architecture.title, model: model, dataset: data, options: own,
          folder: folder, paper: wanted.paper, twin: seed == 0 ? twin(file) : nil
        ).run { report($0) })
    }
    return ExperimentRun.Result(experiment: .mean(of: runs.map(\.experiment)), examples: runs[0].examples)
  }
}

extension Architecture {
  /// What `saliency reproduce --models` calls it.
  package var option: String { self == .basicCNN ? "cnn" : rawValue }
}
