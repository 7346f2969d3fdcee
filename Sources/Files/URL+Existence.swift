import Foundation

extension URL {
  /// Whether there is a file or folder, links followed.
  package var exists: Bool { FileManager.default.fileExists(atPath: path(percentEncoded: false)) }

  /// Whether there is a folder, links followed.
  package var isFolder: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path(percentEncoded: false), isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
