import Foundation

/// Why a folder cannot be used for a run.
public enum RunFolderError: LocalizedError, Equatable, Sendable {
  /// It holds results, and it was not said what to do with them.
  case holdsResults(folder: String)
  /// It holds files that are no results.
  case holdsOtherFiles(folder: String)
  /// It holds results of something else: what is different about them.
  case otherRun(folder: String, differences: [String])
  /// It holds results of an earlier version, which did not say what model and data they are of.
  case unidentified(folder: String)
  case damaged(path: String)
  /// Another run is at work in it.
  case busy(folder: String)

  public var errorDescription: String? {
    switch self {
    case .holdsResults(let folder): "\(folder) holds results"
    case .holdsOtherFiles(let folder): "\(folder) holds other files"
    case .otherRun(let folder, let differences):
      "\(folder) holds results of another run, and they are not mixed; different: \(differences.joined(separator: ", "))"
    case .unidentified(let folder):
      "\(folder) holds results of an earlier version, which did not record what model and data they are of"
    case .damaged(let path): "\(path) is damaged"
    case .busy(let folder): "\(folder) is in use by another run"
    }
  }
}

extension RunFolderError {
  /// - Parameters:
  ///   - found: what the folder's results are of.
  ///   - wanted: what they should be of.
  static func otherRun<Settings: RunSettings>(
    _ folder: URL, _ found: RunFolder.Found<Settings>, _ wanted: RunFolder.Found<Settings>
  ) -> RunFolderError {
    let names =
      found.identity.differences(from: wanted.identity) + found.settings.differences(from: wanted.settings)
    return .otherRun(
      folder: folder.relativePath,
      differences: names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
  }
}
