import Datasets
import Experiments
import Foundation
import Maps
import Networks
import Tensors

/// The page of results for a classifier and a data set of the user's own: as ``Reproduction``'s, without the paper.
public struct ModelReport: Sendable {
  public var options = ReportOptions()
  /// Of the model, with the attributions to measure; nil: the gradient's five maps.
  public var explainer: Explainer?
  /// The same model on another device, for the self-audit to compare with.
  public var twin: (any Classifier)?
  /// About how many bytes the program may take as a whole; nil: what is usual.
  public var memory: Int?
  /// The record of how it was made, beside what is known here.
  public var making: [PageFact] = []

  private let folder: URL
  private let model: ModelChoice.Opened
  private let dataset: Dataset

  public init(_ model: ModelChoice.Opened, on dataset: Dataset, folder: URL) {
    self.model = model
    self.dataset = dataset
    self.folder = folder
  }

  /// Makes the page.
  ///
  /// - Parameters:
  ///   - existing: what to do with results that the folder holds.
  ///   - report: told how far the run is.
  /// - Throws: `RunFolderError`, ``ReportError``, and what `ExperimentRun` throws.
  /// - Returns: what the page says.
  public func run(
    existing: RunFolder.Existing = .refuse, report: @Sendable @escaping (RunEvent) -> Void = { _ in }
  ) async throws -> PageReport {
    let name = "measured"
    let room = try await ProcessMemory.left(of: memory, for: model, besides: ProcessMemory.page)
    let output = try RunFolder.page(
      folder, options: options, experiments: [name], device: model.classifier.device, existing: existing)
    defer { output.giveUp() }
    let result = try await ExperimentRun(
      name: name, title: model.name, model: model, dataset: dataset, options: options, folder: output.folder(name),
      explainer: explainer, twin: twin, memory: room
    ).run(report: report)
    let page = PageReport(
      title: "Signed saliency maps of \(model.name)", experiments: [result.experiment],
      making: making)
    return try output.write(page, [result])
  }
}
