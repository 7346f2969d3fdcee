import Datasets
import Experiments
import Foundation
import Maps
import Networks
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
  /// How they are trained. The page says where the number of epochs is not the paper's.
  public var recipe = Recipe()
  /// How many of a training's last epochs are measured for the areas' spread; one: only the last.
  public var lastEpochs = 1
  /// How many test images those networks are measured on; nil: 1,000, or 300 where an image has more than 64 × 64 pixels.
  package var spreadImages: Int?
  /// The version of the paper: what is scored at which fractions, and the numbers that stand beside.
  public var paper = Paper.Version.signed
  public var options = ReportOptions()
  /// The experiments, such as `imagenette-resnet18`, whose answers for changed images are computed in ``Precision/mixed``.
  public var mixed: Set<String> = []
  /// About how many bytes the program may take as a whole; nil: what is usual, and for trainings what their batches need.
  public var memory: Int?
  /// The record of how it was made, beside what is known here.
  public var making: [PageFact] = []

  private let folder: URL
  let device: Device
  let open: OpenData

  public init(folder: URL, device: Device = .cpu, open: @escaping OpenData) {
    self.folder = folder
    self.device = device
    self.open = open
  }

  /// A network on a data set.
  struct Wanted {
    let architecture: Architecture
    let dataset: String
    let version: Paper.Version

    var name: String { Reproduction.name(architecture, on: dataset) }
    var paper: Paper.Experiment { Paper.Experiment(architecture, on: dataset, in: version) }
    var isInPaper: Bool { paper.area(.black, view: "original") != nil }
    var bundled: BundledModel? { BundledModel.named(name) }
  }

  /// What the experiment with a network on a data set is called, in files and on the page.
  package static func name(_ architecture: Architecture, on dataset: String) -> String {
    "\(dataset)-\(architecture.rawValue)"
  }

  /// Pairs that are asked for by name, in the paper, or bundled.
  private var wanted: [Wanted] {
    (datasets ?? Self.datasets).flatMap { dataset in
      (architectures ?? Architecture.paper).map { Wanted(architecture: $0, dataset: dataset, version: paper) }
    }.filter {
      (datasets != nil && architectures != nil) || $0.isInPaper || paper == .signed && $0.bundled != nil
    }
  }

  /// Makes the page. Processes that share the folder share the models and seeds, and one of them makes the page.
  ///
  /// - Parameters:
  ///   - existing: what to do with results that the folder holds.
  ///   - report: told how far the run is.
  /// - Throws: `RunFolderError`, ``ReportError``, `RunFolder.LeftToAnother`, and what `ExperimentRun` and ``TrainingRun`` throw.
  /// - Returns: what the page says.
  public func run(
    existing: RunFolder.Existing = .refuse, report: @Sendable @escaping (RunEvent) -> Void = { _ in }
  ) async throws -> PageReport {
    let output = try RunFolder.page(
      folder, options: options, seeds: seeds, epochs: length, paper: paper,
      experiments: wanted.map(\.name), device: device,
      existing: existing)
    defer { output.giveUp() }
    var results: [ExperimentRun.Result] = []
    var missing: [PageMissing] = []
    var absent: Set<String> = []
    func miss(_ what: PageMissing) {
      missing.append(what)
      report(.warning(what.what + (what.command.map { " Get it with: \($0)" } ?? "")))
    }
    func result(_ wanted: Wanted, of seeds: Range<Int>) async throws -> ExperimentRun.Result {
      try await self.seeds > 0
        ? trained(wanted, seeds: seeds, in: output, report) : bundled(wanted, in: output, report)
    }
    let pieces = wanted.flatMap { wanted in (0..<max(1, seeds)).map { (wanted, seed: $0) } }
    try await output.share(pieces.count) { piece in
      let (wanted, seed) = pieces[piece.number]
      let name = seeds > 0 ? "\(wanted.name), seed \(seed)" : wanted.name
      if let lost = piece.lostBy { report(.warning("\(name) was begun by \(lost), which is gone; gone on with")) }
      guard seeds > 0 || wanted.bundled != nil else { return }
      // The one that makes the page says what is not there.
      do {
        _ = try await result(wanted, of: seed..<seed + 1)
      } catch DatasetError.notFetched {
      } catch ReportError.nothingLearned {}
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
        results.append(try await result(wanted, of: 0..<seeds))
      } catch DatasetError.notFetched(let name) {
        absent.insert(wanted.dataset)
        miss(
          PageMissing(what: "The data set \(name) is not on this machine.", command: "saliency data fetch \(name)"))
      }
    }
    guard !results.isEmpty else { throw ReportError.nothingToReproduce(missing) }
    var page = PageReport(
      title: paper == .signed
        ? "Signed saliency maps: the paper reproduced" : "Positive and active gradients: the later version reproduced",
      paper: paper,
      experiments: results.map(\.experiment), making: making)
    page.missing = missing
    return try output.write(page, results)
  }

  private func bundled(
    _ wanted: Wanted, in output: RunFolder, _ report: @Sendable @escaping (RunEvent) -> Void
  ) async throws -> ExperimentRun.Result {
    let device = device
    let model = try await TorchActor.run { try ModelChoice.open(wanted.name, device: device) }
    let twin = try await twin(wanted.name)
    let data = try await open(wanted.dataset, model.classifier.preprocessing)
    let options = options(for: wanted)
    return try await ExperimentRun(
      name: wanted.name, title: wanted.architecture.title, model: model, dataset: data, options: options,
      folder: output.folder(wanted.name), paper: wanted.paper, twin: twin, memory: room(for: model)
    ).run { report($0) }
  }

  func room(for model: ModelChoice.Opened) async throws -> Int {
    try await ProcessMemory.left(of: memory, for: model, besides: ProcessMemory.page)
  }

  func options(for wanted: Wanted) -> ReportOptions {
    var options = options
    if mixed.contains(wanted.name) { options.precision = .mixed }
    return options
  }

  /// The model on the other device, where there is one.
  func twin(_ model: String) async throws -> (any Classifier)? {
    guard Torch.hasCUDA else { return nil }
    let other = device == .cpu ? Device.cuda : .cpu
    return try await TorchActor.run { try ModelChoice.open(model, device: other).classifier }
  }
}

extension Architecture {
  /// What `saliency reproduce --models` calls it.
  package var option: String { self == .basicCNN ? "cnn" : rawValue }
}
