import Foundation
import Saliency

/// Finished deletion measurements in a folder and below: those of `benchmark`, `report` and `reproduce`.
package enum ResultFolders {
  /// Folders below the one that is named are looked through no deeper than this.
  private static let depth = 4

  /// What is found, in the order of the paths.
  ///
  /// - Parameter images: where images are looked for that runs did not keep.
  /// - Throws: ``ResultsError`` when nothing is there; Foundation's errors when the folder cannot be read.
  package static func read(_ folder: URL, images: ResultImages = ResultImages()) async throws -> [ResultMessage] {
    guard folder.exists else { throw ResultsError.missing(folder.relativePath) }
    guard folder.isFolder else { throw ResultsError.noFolder(folder.relativePath) }
    let found = folders(in: folder, depth: depth).sorted { $0.path < $1.path }
    guard !found.isEmpty else { throw ResultsError.noResults(folder.relativePath) }
    var messages: [ResultMessage] = []
    for one in found { messages.append(try await ResultReader(one, below: folder).message(images)) }
    return messages
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
