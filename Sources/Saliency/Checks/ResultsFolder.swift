import Foundation

/// A folder whose `summary.json` is written last, and so says that the results in it are whole.
enum ResultsFolder {
  static let summary = "summary.json"

  /// Makes the folder ready for results that replace none.
  ///
  /// - Parameter force: let them replace others.
  /// - Throws: ``CheckError/holdsResults(folder:)``; Foundation's errors.
  static func begin(_ folder: URL, force: Bool) throws {
    let files = FileManager.default
    try files.createDirectory(at: folder, withIntermediateDirectories: true)
    let summary = folder.appending(path: Self.summary)
    guard files.fileExists(atPath: summary.path) else { return }
    guard force else { throw CheckError.holdsResults(folder: folder.relativePath) }
    try files.removeItem(at: summary)
  }

  static func write(_ summary: some Encodable, to folder: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(summary).write(to: folder.appending(path: Self.summary), options: .atomic)
  }

  /// Rows of a table, the header first, as comma-separated values. A number that does not exist is left empty.
  static func csv(_ rows: [[String]]) -> Data {
    Data((rows.map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n").utf8)
  }
}

/// Why a folder of results cannot be used.
public enum CheckError: LocalizedError, Equatable, Sendable {
  case holdsResults(folder: String)

  public var errorDescription: String? {
    switch self {
    case .holdsResults(let folder):
      "\(folder) holds results; give --force to replace them, or another --output"
    }
  }
}
