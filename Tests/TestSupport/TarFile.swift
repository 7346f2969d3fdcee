import CArchive
import Foundation

/// Archives with whatever entries a test wants.
public enum TarFile {
  public struct Entry {
    let path: String
    let type: UInt32
    let content: Data
    let target: String?

    public static func file(_ path: String, _ content: Data) -> Entry {
      Entry(path: path, type: S_IFREG, content: content, target: nil)
    }

    public static func file(_ path: String, _ text: String) -> Entry { file(path, Data(text.utf8)) }

    public static func folder(_ path: String) -> Entry {
      Entry(path: path, type: S_IFDIR, content: Data(), target: nil)
    }

    public static func symbolicLink(_ path: String, to target: String) -> Entry {
      Entry(path: path, type: S_IFLNK, content: Data(), target: target)
    }

    public static func hardLink(_ path: String, to target: String) -> Entry {
      Entry(path: path, type: S_IFREG, content: Data(), target: target)
    }

    public static func device(_ path: String) -> Entry {
      Entry(path: path, type: S_IFCHR, content: Data(), target: nil)
    }
  }

  /// - Parameter format: the ending of the name that says how to pack it: `.tar`, `.tar.gz`, `.tar.xz` or `.zip`.
  public static func write(_ entries: [Entry], to url: URL, as format: String = ".tar.gz") throws {
    // Names beyond ASCII are written as UTF-8 only in a locale that has it.
    let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)
    let before = uselocale(locale)
    let archive = archive_write_new()
    defer {
      archive_write_free(archive)
      uselocale(before)
      freelocale(locale)
    }
    archive_write_set_format_filter_by_ext(archive, "archive" + format)
    try check(archive_write_open_filename(archive, url.path), archive)
    for entry in entries {
      let header = archive_entry_new()
      defer { archive_entry_free(header) }
      archive_entry_set_pathname(header, entry.path)
      archive_entry_set_filetype(header, entry.type)
      archive_entry_set_perm(header, 0o755)
      archive_entry_set_size(header, Int64(entry.content.count))
      if let target = entry.target {
        if entry.type == S_IFLNK {
          archive_entry_set_symlink(header, target)
        } else {
          archive_entry_set_hardlink(header, target)
        }
      }
      try check(archive_write_header(archive, header), archive)
      entry.content.withUnsafeBytes { _ = archive_write_data(archive, $0.baseAddress, $0.count) }
    }
    try check(archive_write_close(archive), archive)
  }

  /// The files of a folder, below `top`.
  public static func write(folder: URL, top: String, to url: URL, as format: String = ".tar.gz") throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
    let entries = try names.map { name in
      let file = folder.appending(path: name)
      let isFolder = try file.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true
      return isFolder ? Entry.folder("\(top)/\(name)") : .file("\(top)/\(name)", try Data(contentsOf: file))
    }
    try write([.folder(top)] + entries, to: url, as: format)
  }

  private static func check(_ result: Int32, _ archive: OpaquePointer?) throws {
    guard result >= ARCHIVE_WARN else {
      throw CocoaError(
        .fileWriteUnknown,
        userInfo: [NSLocalizedDescriptionKey: archive_error_string(archive).map { String(cString: $0) } ?? "libarchive"]
      )
    }
  }
}
