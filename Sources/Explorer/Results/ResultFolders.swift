import Experiments
import Files
import Foundation
import Maps
import Networks

/// Finished deletion measurements in a folder and below: those of `benchmark`, `report` and `reproduce`.
package enum ResultFolders {
  /// Folders below the one that is named are looked through no deeper than this.
  private static let depth = 4

  /// What is found, in the order of the paths.
  ///
  /// - Throws: ``ResultsError`` when nothing is there; Foundation's errors when the folder cannot be read.
  package static func read(_ folder: URL) throws -> [ResultMessage] {
    guard folder.exists else { throw ResultsError.missing(folder.relativePath) }
    guard folder.isFolder else { throw ResultsError.noFolder(folder.relativePath) }
    let found = folders(in: folder, depth: depth).sorted { $0.path < $1.path }
    guard !found.isEmpty else { throw ResultsError.noResults(folder.relativePath) }
    return try found.map { try ResultReader($0, below: folder).message() }
  }

  private static func folders(in folder: URL, depth: Int) -> [URL] {
    if ResultReader.files.allSatisfy({ folder.appending(path: $0).exists }) { return [folder] }
    guard depth > 0,
      let content = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    else { return [] }
    return content.filter(\.isFolder).flatMap { folders(in: $0, depth: depth - 1) }
  }
}

/// Why results cannot be shown.
package enum ResultsError: LocalizedError, Equatable, Sendable {
  case missing(String)
  case noFolder(String)
  case noResults(String)
  case damaged(String, what: String)

  package var errorDescription: String? {
    switch self {
    case .missing(let path): "\(path): no such folder"
    case .noFolder(let path): "\(path) is no folder of results"
    case .noResults(let path):
      "\(path) holds no finished results of benchmark, report or reproduce (settings.json, curves.csv, predictions.npy)"
    case .damaged(let path, let what): "\(path): \(what)"
    }
  }
}
