import Foundation
import Synchronization

/// The folder that `--output` names, made if need be.
///
/// - Throws: `CommandError` when it cannot be made or written to, so that this is known before any work is done.
func outputFolder(_ path: String) throws -> URL {
  let folder = URL(filePath: path, directoryHint: .isDirectory)
  NewFolders.expect(folder)
  do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
    throw CommandError("--output \(path): the folder cannot be made; choose another")
  }
  guard FileManager.default.isWritableFile(atPath: folder.path) else {
    throw CommandError("--output \(path): the folder cannot be written to; choose another")
  }
  return folder
}

/// The folders that this command has made, so that one that fails leaves no empty ones.
enum NewFolders {
  /// The innermost first.
  private static let paths = Mutex<[String]>([])

  /// Those that will have to be made for a folder.
  fileprivate static func expect(_ folder: URL) {
    var missing: [String] = []
    var folder = folder.absoluteURL.standardizedFileURL
    while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
      missing.append(folder.path)
      folder.deleteLastPathComponent()
    }
    paths.withLock { $0 = missing + $0 }
  }

  /// Removes those in which nothing is.
  static func removeEmpty() { for path in paths.withLock(\.self) { rmdir(path) } }
}

extension URL {
  /// The path as the user gave it, for results; without the ./ of the folder that is the default.
  var shown: String { relativePath.hasPrefix("./") ? String(relativePath.dropFirst(2)) : relativePath }
}
