import Distribution
import Experiments
import Figures
import Files
import Foundation
import Tensors

/// The folder of a page of results: `index.html`, `report.pdf`, `figures` with every figure alone and their captions,
/// `results.json`, and a folder for each experiment.
extension RunFolder {
  /// What was asked for, as far as results of another wish must not be mixed with it. Models and data are the experiments'.
  private struct PageSettings: RunSettings {
    var options: ReportOptions
    let seeds: Int
    /// Nil: the paper itself.
    let paper: Paper.Version?
    /// Of each training; nil: as many as the paper's.
    let epochs: Int?

    static let words = ["limit": "number of images", "maximumClasses": "number of classes"]

    /// Whether pictures are shown changes no result; another number of seeds goes on with those that are there.
    static func == (a: Self, b: Self) -> Bool {
      var same = a.options
      same.showsPictures = b.options.showsPictures
      return same == b.options && (a.seeds > 0) == (b.seeds > 0) && a.paper == b.paper
        && a.epochs == b.epochs
    }
  }

  /// Makes the folder ready.
  ///
  /// - Parameters:
  ///   - epochs: of each training; nil: as many as the paper's.
  ///   - paper: the version that is reproduced.
  ///   - experiments: the names of the folders that will be in it.
  ///   - existing: what to do with results in it.
  /// - Throws: `RunFolderError`; Foundation's errors.
  static func page(
    _ url: URL, options: ReportOptions, seeds: Int = 0, epochs: Int? = nil, paper: Paper.Version = .signed,
    experiments: [String], device: Device, existing: Existing
  ) throws -> RunFolder {
    try RunFolder(
      url, PageSettings(options: options, seeds: seeds, paper: paper == .signed ? nil : paper, epochs: epochs),
      RunIdentity(device: device), parts: ["index.html", "report.pdf", "figures", "results.json"] + experiments,
      existing: existing)
  }

  /// Where processes share the folder: the pieces of the work for this one, as it gets them, until all are done, and then the
  /// task of making the page, which one of them has.
  ///
  /// - Throws: what `work` throws; `RunFolder.LeftToAnother`; `FileError`.
  func share(_ pieces: Int, _ work: (WorkQueue.Piece) async throws -> Void) async throws {
    guard worker != nil else { return }
    let queue = try self.queue(0..<pieces)
    while let piece = try queue.next() {
      try await work(piece)
      try queue.finish(piece.number)
    }
    try takeLead()
  }

  /// Writes the page, the numbers in it, and the same as a PDF with its figures.
  ///
  /// - Returns: the report with its documents.
  func write(_ report: PageReport, _ results: [ExperimentRun.Result]) throws -> PageReport {
    let examples = Dictionary(
      uniqueKeysWithValues: results.compactMap { result in
        result.examples.map { (result.experiment.name, $0) }
      })
    var report = report
    let document = try ReportDocument(report, examples).document
    try write(document.encoded(), as: "report.pdf")
    // Figures of experiments that are no longer on the page do not stay.
    try remove("figures")
    let figures = folder("figures")
    try FileManager.default.createDirectory(at: figures, withIntermediateDirectories: true)
    try document.writeFigures(to: figures)
    report.documents = [
      PageDocument(title: "all of it as a PDF", path: "report.pdf"),
      PageDocument(title: "every figure alone", path: "figures/"),
      PageDocument(title: "the figures’ captions", path: "figures/captions.txt"),
    ]
    try write(report, as: "results.json")
    try write(Data(Page.html(report, examples: examples).utf8), as: "index.html")
    try endSharing()
    return report
  }
}

/// Why a page of results cannot be made.
public enum ReportError: LocalizedError, Equatable, Sendable {
  case nothingToReproduce([PageMissing])
  /// A training ended before it was known that the networks of its last epochs would be wanted.
  case missingEpoch(path: String)
  /// None of the trainings of an experiment's seeds got anywhere.
  case nothingLearned(experiment: String)

  public var errorDescription: String? {
    switch self {
    case .nothingToReproduce(let missing):
      "there is nothing to reproduce: "
        + missing.map { $0.what + ($0.command.map { " (\($0))" } ?? "") }.joined(separator: " ")
    case .missingEpoch(let path):
      "\(path) is missing: the training ended without keeping the networks of its last epochs; remove its folder to train anew"
    case .nothingLearned(let experiment):
      "\(experiment): the networks of all seeds still gave every image the same answer after ten epochs or more; give more --seeds"
    }
  }
}
