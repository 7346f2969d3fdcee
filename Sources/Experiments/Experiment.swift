import Foundation
import Maps

/// Something that is measured: settings that can be compared and written, a run in a ``RunFolder``, and what it found.
public protocol Experiment: Sendable {
  associatedtype Settings: RunSettings
  associatedtype Report: ExperimentReport

  /// What is measured.
  var settings: Settings { get }

  /// What the results depend on besides.
  var identity: RunIdentity { get }

  /// The files and folders that it writes in its folder, beside those of its findings.
  static var parts: [String] { get }

  /// Files in a folder that can be gone on with although nothing says what they are of: they say it themselves.
  static func unrecorded(in folder: URL) -> [String]

  /// Does what is not done yet.
  ///
  /// - Parameters:
  ///   - folder: the experiment's, from ``open(_:existing:)``.
  ///   - report: told how far it is.
  /// - Throws: `CancellationError`, with what was done on disk; the experiment's own errors.
  func run(in folder: RunFolder, report: @escaping @Sendable (RunEvent) -> Void) async throws -> Report
}

/// What came of an experiment.
public protocol ExperimentReport: Sendable {
  var findings: Findings { get }
}

/// What a run tells while it is at work.
public enum RunEvent: Sendable, Equatable {
  /// The share of a piece of work that is done, 0…1, and what it is at.
  case progress(Double, String)
  case note(String)
  case warning(String)

  /// The same with the name of what it is of.
  package func of(_ name: String) -> RunEvent {
    switch self {
    case .progress(let share, let text): .progress(share, "\(name), \(text)")
    case .note(let text): .note("\(name), \(text)")
    case .warning(let text): .warning("\(name): \(text)")
    }
  }

  /// What a run within another tells; what it notes is of no interest there.
  static func within(
    _ name: String, _ report: @escaping @Sendable (RunEvent) -> Void
  ) -> @Sendable (RunEvent) -> Void {
    { event in if case .note = event {} else { report(event.of(name)) } }
  }
}

extension Experiment {
  public static var parts: [String] { [] }
  public static func unrecorded(in folder: URL) -> [String] { [] }

  /// Makes a folder ready for the results.
  ///
  /// - Parameters:
  ///   - url: made if it is not there.
  ///   - existing: what to do with results that it holds.
  /// - Throws: `RunFolderError`; Foundation's errors.
  public func open(_ url: URL, existing: RunFolder.Existing = .refuse) throws -> RunFolder {
    try open(url, existing: existing, parts: [])
  }

  /// - Parameters:
  ///   - parts: what others write there.
  ///   - known: what of that may be there before.
  package func open(
    _ url: URL, existing: RunFolder.Existing, parts: [String], known: [String] = []
  ) throws -> RunFolder {
    try RunFolder(
      url, settings, identity, parts: Self.parts + parts, existing: existing,
      known: known + Self.unrecorded(in: url))
  }

  /// Whether nothing is in the way of a new run, so that this is known before any work is done; see
  /// ``RunFolder/checkEmpty(_:known:)``.
  public static func checkEmpty(_ folder: URL) throws {
    try RunFolder.checkEmpty(folder, known: unrecorded(in: folder))
  }

  public func run(in folder: RunFolder) async throws -> Report { try await run(in: folder) { _ in } }
}

extension [any Attribution] {
  /// Their options by name, for records.
  var settingsByName: [String: [String: String]] {
    Dictionary(map { ($0.name, $0.settings) }) { first, _ in first }
  }
}
