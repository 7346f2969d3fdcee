import Foundation

extension Picture {
  /// The endings, in lower case, of the names of files that are taken for pictures when a folder is searched.
  public static let extensions: Set<String> = [
    "bmp", "gif", "jfif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp",
  ]

  /// The picture files in `folder` and the folders in it, sorted by path. Hidden files and folders are skipped, links are
  /// followed.
  ///
  /// - Throws: ``PictureError/noPictures(folder:)`` when there is none, and when a folder cannot be read.
  public static func pictures(in folder: URL) throws -> [URL] {
    var names: [String] = []
    try collect(folder, prefix: "", ancestors: [], into: &names)
    guard !names.isEmpty else { throw PictureError.noPictures(folder: folder.relativePath) }
    return names.sorted().map { folder.appending(path: $0, directoryHint: .notDirectory) }
  }

  /// - Parameter ancestors: the real paths of the folders on the way, so that a link to one of them is not followed for ever.
  private static func collect(_ folder: URL, prefix: String, ancestors: [String], into names: inout [String]) throws {
    let realPath = folder.resolvingSymlinksInPath().path(percentEncoded: false)
    guard !ancestors.contains(realPath) else { return }
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      throw PictureError.missing(path: folder.relativePath)
    } catch {
      throw PictureError.unreadable(path: folder.relativePath, reason: "it is not a folder that may be read")
    }
    for entry in entries where !entry.hasPrefix(".") {
      let url = folder.appending(path: entry, directoryHint: .notDirectory)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false), isDirectory: &isFolder) else {
        continue
      }
      if isFolder.boolValue {
        try collect(url, prefix: prefix + entry + "/", ancestors: ancestors + [realPath], into: &names)
      } else if extensions.contains((entry as NSString).pathExtension.lowercased()) {
        names.append(prefix + entry)
      }
    }
  }
}
