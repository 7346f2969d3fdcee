import Files
import Foundation

extension Picture {
  /// The endings, in lower case, of the names of files that are taken for pictures when a folder is searched.
  public static let extensions: Set<String> = [
    "bmp", "gif", "jfif", "jpe", "jpeg", "jpg", "png", "tif", "tiff", "webp",
  ]

  /// The picture files in `folder` and the folders in it, sorted by path. Hidden files and folders are skipped. Links are
  /// followed, but no folder is entered twice: under its own name if it lies in `folder`, else by the first link to it.
  ///
  /// - Throws: ``PictureError/noPictures(folder:)`` when there is none, and when a folder cannot be read.
  public static func pictures(in folder: URL) throws -> [URL] {
    var entered: Set<FolderIdentity> = []
    return try pictures(in: folder, entered: &entered)
  }

  /// - Parameter entered: folders that are not entered, and then those that have been, too.
  package static func pictures(in folder: URL, entered: inout Set<FolderIdentity>) throws -> [URL] {
    var names: [String] = []
    if let identity = FolderIdentity(folder) { entered.insert(identity) }
    // Links wait until everything that is really there has been entered.
    var links: [String] = []
    try collect(folder, prefix: "", &entered, &links, into: &names)
    while !links.isEmpty {
      var further: [String] = []
      for link in links {
        let target = folder.appending(path: link, directoryHint: .notDirectory)
        guard let identity = FolderIdentity(target), entered.insert(identity).inserted else { continue }
        try collect(target, prefix: link + "/", &entered, &further, into: &names)
      }
      links = further
    }
    guard !names.isEmpty else { throw PictureError.noPictures(folder: folder.relativePath) }
    return names.sorted().map { folder.appending(path: $0, directoryHint: .notDirectory) }
  }

  private static func collect(
    _ folder: URL, prefix: String, _ entered: inout Set<FolderIdentity>, _ links: inout [String],
    into names: inout [String]
  ) throws {
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      throw PictureError.missing(path: folder.relativePath)
    } catch {
      throw PictureError.unreadable(path: folder.relativePath, reason: "it is not a folder that may be read")
    }
    for entry in entries.sorted() where !entry.hasPrefix(".") {
      let url = folder.appending(path: entry, directoryHint: .notDirectory)
      if url.isFolder {
        if FolderIdentity.isLink(url) {
          links.append(prefix + entry)
        } else if let identity = FolderIdentity(url), entered.insert(identity).inserted {
          try collect(url, prefix: prefix + entry + "/", &entered, &links, into: &names)
        }
      } else if url.exists, extensions.contains((entry as NSString).pathExtension.lowercased()) {
        names.append(prefix + entry)
      }
    }
  }
}

/// What a folder is by, however it is reached.
package struct FolderIdentity: Hashable {
  private let device: UInt64
  private let number: UInt64

  /// Nil where there is nothing.
  package init?(_ url: URL) {
    var status = stat()
    guard stat(url.path(percentEncoded: false), &status) == 0 else { return nil }
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
  }

  static func isLink(_ url: URL) -> Bool {
    var status = stat()
    return lstat(url.path(percentEncoded: false), &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
