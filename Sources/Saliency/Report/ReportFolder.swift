import Figures
import Foundation
import Pages

/// The folder of a page of results: `index.html`, `report.pdf`, `figures` with every figure alone and their captions,
/// `results.json`, `report.json` with what was asked for, and a folder for each experiment. One program at a time works in it.
final class ReportFolder: Sendable {
  /// What was asked for, as far as results of another wish must not be mixed with it, and the experiments' folders.
  private struct Record: Codable {
    var options: ReportOptions
    var seeds: Int
    var experiments: [String]
  }

  let url: URL
  private let lock: Lock
  private let record: Record

  /// Makes the folder ready.
  ///
  /// - Parameters:
  ///   - experiments: the names of the folders that will be in it.
  ///   - force: remove the results in it.
  /// - Throws: ``ReportError``; Foundation's errors.
  init(_ url: URL, options: ReportOptions, seeds: Int = 0, experiments: [String], force: Bool) throws {
    self.url = url
    let files = FileManager.default
    try files.createDirectory(at: url, withIntermediateDirectories: true)
    lock = try Lock(url)
    let recordFile = url.appending(path: "report.json")
    var known: [String] = []
    if files.fileExists(atPath: recordFile.path) {
      let found = try? JSONDecoder().decode(Record.self, from: Data(contentsOf: recordFile))
      if force {
        // Nothing outside of the folder, whatever the record says.
        let folders = (found?.experiments ?? []).filter { !$0.contains("/") && !$0.hasPrefix(".") && !$0.isEmpty }
        for name in ["index.html", "report.pdf", "figures", "results.json"] + folders {
          let file = url.appending(path: name)
          if files.fileExists(atPath: file.path) { try files.removeItem(at: file) }
        }
      } else {
        guard let found else { throw ReportError.damaged(path: recordFile.relativePath) }
        // Whether pictures are shown changes no result.
        var asked = options
        asked.showsPictures = found.options.showsPictures
        guard found.options == asked, found.seeds == seeds else {
          throw ReportError.otherOptions(folder: url.relativePath)
        }
        known = found.experiments
      }
    } else if !force {
      guard try files.contentsOfDirectory(atPath: url.path).allSatisfy({ $0 == ".lock" }) else {
        throw ReportError.holdsOtherFiles(folder: url.relativePath)
      }
    }
    record = Record(
      options: options, seeds: seeds, experiments: known + experiments.filter { !known.contains($0) })
    try Self.encoded(record).write(to: recordFile, options: .atomic)
  }

  /// Held open: the lock is gone when the program ends, however it ends.
  private final class Lock: Sendable {
    private let file: Int32

    init(_ folder: URL) throws {
      file = open(folder.appending(path: ".lock").path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
      guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0 else {
        throw ReportError.busy(folder: folder.relativePath)
      }
    }

    deinit { if file >= 0 { close(file) } }
  }

  func experiment(_ name: String) -> URL { url.appending(path: name, directoryHint: .isDirectory) }

  /// Writes the page, the numbers in it, and the same as a PDF with its figures.
  ///
  /// - Returns: the report with its documents.
  func write(
    _ report: PageReport, _ results: [ExperimentRun.Result]
  ) throws -> PageReport {
    let examples = Dictionary(
      uniqueKeysWithValues: results.compactMap { result in
        result.examples.map { (result.experiment.name, $0) }
      })
    var report = report
    let document = try ReportDocument(report, examples).document
    try document.write(to: url.appending(path: "report.pdf"))
    // Figures of experiments that are no longer on the page do not stay.
    let figures = url.appending(path: "figures", directoryHint: .isDirectory)
    if FileManager.default.fileExists(atPath: figures.path) { try FileManager.default.removeItem(at: figures) }
    try FileManager.default.createDirectory(at: figures, withIntermediateDirectories: true)
    try document.writeFigures(to: figures)
    report.documents = [
      PageDocument(title: "all of it as a PDF", path: "report.pdf"),
      PageDocument(title: "every figure alone", path: "figures/"),
      PageDocument(title: "the figures’ captions", path: "figures/captions.txt"),
    ]
    try Self.encoded(report).write(to: url.appending(path: "results.json"), options: .atomic)
    try Data(Page.html(report, examples: examples).utf8).write(to: url.appending(path: "index.html"), options: .atomic)
    return report
  }

  private static func encoded(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }
}

/// Why a page of results cannot be made.
public enum ReportError: LocalizedError, Equatable, Sendable {
  case busy(folder: String)
  case holdsOtherFiles(folder: String)
  case otherOptions(folder: String)
  case damaged(path: String)
  case nothingToReproduce([PageMissing])

  public var errorDescription: String? {
    switch self {
    case .busy(let folder): "\(folder) is in use by another run; wait for it, or choose another --output"
    case .holdsOtherFiles(let folder): "\(folder) holds other files; choose another --output"
    case .otherOptions(let folder):
      "\(folder) holds results that were made with other options; they are not mixed: give --force to remove them, or "
        + "choose another --output"
    case .damaged(let path): "\(path) is damaged; give --force to begin anew"
    case .nothingToReproduce(let missing):
      "there is nothing to reproduce: "
        + missing.map { $0.what + ($0.command.map { " (\($0))" } ?? "") }.joined(separator: " ")
    }
  }
}
