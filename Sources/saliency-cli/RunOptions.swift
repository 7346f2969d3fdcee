import ArgumentParser
import Foundation
import Saliency

/// Where a run's results go, and what becomes of those that are there.
struct RunOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Folder for the results.") var output: String
  @Flag(help: "Go on with the results in the output folder; begin if there are none.") var resume = false
  @Flag(help: "Remove the results in the output folder and begin anew.") var force = false

  func validate() throws {
    guard !(resume && force) else { throw ValidationError("--resume and --force contradict each other") }
  }

  var existing: RunFolder.Existing { resume ? .resume : force ? .replace : .refuse }

  /// The folder, made if need be.
  ///
  /// - Throws: what is in the way of the run, so that it is known before any work is done.
  func folder(
    _ existing: RunFolder.Existing? = nil, check: (URL) throws -> Void = { try RunFolder.checkEmpty($0) }
  ) throws -> URL {
    let folder = try outputFolder(output)
    if (existing ?? self.existing) == .refuse { try check(folder) }
    return folder
  }

  /// Runs an experiment in the folder, writes what it found and prints it.
  func run<Measured: Experiment>(
    _ experiment: Measured, in url: URL, existing: RunFolder.Existing? = nil,
    before: (RunFolder) async throws -> Void = { _ in }
  ) async throws {
    let folder = try experiment.open(url, existing: existing ?? self.existing)
    defer { folder.giveUp() }
    try await before(folder)
    guard let report = try await Self.unlessLeft({ try await experiment.run(in: folder, report: Console.show) }) else {
      return
    }
    let findings = report.findings
    try Console.show(findings, folder.write(findings).map { url.appending(path: $0) })
  }

  /// Nil, and a note, where another of the processes that share a folder puts the results together.
  static func unlessLeft<Result>(_ body: () async throws -> Result) async throws -> Result? {
    do { return try await body() } catch is RunFolder.LeftToAnother {
      Console.clearProgress()
      Console.note("All is done; another process puts the results together.")
      return nil
    }
  }

  /// Reads a part of a data set to know it again, and shows how far that is.
  static func identify(_ dataset: Dataset, _ parts: Dataset.Part...) throws {
    for part in parts {
      _ = try dataset.digest(of: part) { Console.progress($0, "\(dataset.name), \(part.rawValue): identified") }
    }
    Console.clearProgress()
  }
}
