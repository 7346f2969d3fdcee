import Datasets
import Experiments
import Foundation
import Maps
import Networks
import Rasters
import Tensors

/// One model on one data set for a page of results, step by step: deletion, examples, checks. Every step leaves its results in
/// the folder, and a step that is done is not done again.
///
/// The folder holds what ``DeletionRun`` and ``DeletionReport`` write, `experiment.json` with the page's numbers,
/// `checks.json` with what a ``ModelAudit`` found and `examples.json` with the page's pictures.
struct ExperimentRun: Sendable {
  /// What the page shows of it.
  struct Result: Sendable {
    var experiment: PageExperiment
    var examples: PageExamples?
  }

  /// The experiment's name on the page, ASCII letters, digits and `-`.
  let name: String
  /// The model's name for people.
  let title: String
  let model: ModelChoice.Opened
  /// Its test images are explained and deleted from.
  let dataset: Dataset
  let options: ReportOptions
  let folder: URL
  /// What the paper measured, to stand beside it.
  var paper: Paper.Experiment?
  /// Of the model, with the attributions to measure; nil: the gradient's five maps.
  var explainer: Explainer?
  /// The same model on another device, for the checks to compare with.
  var twin: (any Classifier)?
  /// About how many bytes the work with the model may take.
  var memory = ProcessMemory.usual
  /// What others keep in the folder.
  var others: [String] = []

  private static let (numbers, checks, examples) = ("experiment.json", "checks.json", "examples.json")

  /// How many images are checked.
  private static let checkedImages = 8

  /// Does what is not done yet.
  ///
  /// - Throws: `RunFolderError` when the folder holds another measurement, ``EvaluationError``, `TorchError`,
  ///   `CancellationError`; Foundation's errors when a file cannot be written.
  func run(report: @Sendable @escaping (RunEvent) -> Void = { _ in }) async throws -> Result {
    let data = options.limit.map { dataset.limited(to: $0) } ?? dataset
    let (name, test) = (name, data.test)
    var explainer = try explainer ?? Explainer(model.classifier)
    explainer.memory = memory
    let benchmark = try DeletionBenchmark(
      explainer, images: test, fractions: (paper?.version ?? .signed).fractions, seed: options.seed, memory: memory,
      precision: options.precision ?? .full)
    let sum = try data.digest(of: .test) { report(.progress($0, "\(name): images identified")) }
    let run = try DeletionRun(benchmark, model: model, imagesSum: sum, paper: paper)
    let folder = try run.open(
      folder, existing: .resume, parts: [Self.numbers, Self.checks, Self.examples] + others, known: others)

    var result: DeletionResult?
    func measured() async throws -> DeletionReport {
      let found = try await run.run(in: folder) { report($0.of("\(name): deletion")) }
      try folder.write(found.findings)
      result = found.result
      return found
    }
    var experiment: PageExperiment
    if let kept = folder.read(PageExperiment.self, from: Self.numbers) {
      experiment = kept
    } else {
      let found = try await measured()
      experiment = found.experiment(name, model: title, dataset: dataset.name, paper: paper)
      experiment.making = try facts(run.settings, found.result.check, seconds: found.timing?.seconds)
      try folder.write(experiment, as: Self.numbers)
    }
    let hasTwin = twin != nil
    if let kept = folder.read(Kept<Bool, [AuditCheck]>.self, from: Self.checks), kept.key == hasTwin {
      experiment.checks = kept.value
    } else {
      experiment.checks = try await audit(test, rivals: explainer.rivals, report)
      try folder.write(Kept(key: hasTwin, value: experiment.checks), as: Self.checks)
    }
    guard options.showsPictures else { return Result(experiment: experiment) }
    if let kept = folder.read(Kept<ReportOptions, PageExamples>.self, from: Self.examples), kept.key == options {
      return Result(experiment: experiment, examples: kept.value)
    }
    let needed = if let result { result } else { try await measured().result }
    let maker = ExampleMaker(explainer: explainer, images: test, options: options)
    let examples = try await TorchActor.run {
      try maker.make(labels: needed.labels, predicted: needed.untouched) {
        report(.progress($0, "\(name): examples"))
      }
    }
    try folder.write(Kept(key: options, value: examples), as: Self.examples)
    return Result(experiment: experiment, examples: examples)
  }

  private func audit(
    _ test: any LabelledImages, rivals: Rivals, _ report: @Sendable @escaping (RunEvent) -> Void
  ) async throws -> [AuditCheck] {
    let images = try await AuditImages.taken(from: test, for: model.classifier, count: Self.checkedImages)
    return try await AuditRun(model, on: images, named: test.name, twin: twin, rivals: rivals, memory: memory).checked {
      report($0.of("\(name): checking"))
    }.checks
  }

  /// What a step found, with what it depends on besides the run.
  private struct Kept<Key: Codable, Value: Codable>: Codable {
    let key: Key
    let value: Value
  }

  private func facts(_ settings: DeletionRun.Settings, _ check: AnswerCheck?, seconds: Double?) throws -> [PageFact] {
    var facts = [PageFact("model", settings.model)]
    if let origin = (try? ModelInformation(contentsOf: model.file))?.origin {
      facts.append(PageFact("model’s origin", origin.summary + (origin.date.isEmpty ? "" : ", \(origin.date)")))
    }
    if settings.setup.rivals != .all { facts.append(PageFact("compared with", settings.setup.rivals.words)) }
    return facts + [
      PageFact("model’s SHA-256", settings.modelSum), PageFact("images", "\(settings.dataset) (\(dataset.provenance))"),
      PageFact("images’ SHA-256", settings.datasetSum),
      PageFact("random pixels", "seed \(settings.setup.seed)"),
      PageFact("computed on", "\(settings.device.rawValue), libtorch \(settings.libtorch)"),
      PageFact(
        "answers for changed images",
        settings.setup.precision?.words(check) ?? "in float32"),
      PageFact(
        "blocks and batches", "\(settings.setup.blockSize) images a block, \(settings.setup.batchSize) images a batch"),
      PageFact(
        "time for deletion",
        seconds.map { String(format: "%.1f s", $0) } ?? "not known: it was broken off and gone on with"),
    ]
  }
}

extension AnswerPrecision {
  /// For the record of how a page was made.
  fileprivate func words(_ check: AnswerCheck?) -> String {
    let rest = "maps and the untouched images’ answers in float32"
    return switch self {
    case .full: "in float32"
    case .mixed: "in bfloat16 (mixed precision), \(rest)"
    case .checked: "in bfloat16, near ties again in float32, \(rest)" + (check.map { ": \($0.text)" } ?? "")
    }
  }
}
