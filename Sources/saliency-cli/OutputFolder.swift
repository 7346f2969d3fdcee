import Foundation

/// The folder that `--output` names, made if need be.
///
/// - Throws: `CommandError` when it cannot be made or written to, so that this is known before any work is done.
func outputFolder(_ path: String) throws -> URL {
  let folder = URL(filePath: path, directoryHint: .isDirectory)
  do { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) } catch {
    throw CommandError("--output \(path): the folder cannot be made; choose another")
  }
  guard FileManager.default.isWritableFile(atPath: folder.path) else {
    throw CommandError("--output \(path): the folder cannot be written to; choose another")
  }
  return folder
}

extension URL {
  /// The path as the user gave it, for results; without the ./ of the folder that is the default.
  var shown: String { relativePath.hasPrefix("./") ? String(relativePath.dropFirst(2)) : relativePath }
}
