import Foundation
import Maps

/// Files of a user that are read whole and should be small: names of classes, settings.
enum SmallFile {
  /// Thousands of classes with long names are far below.
  static let limit = 8_000_000

  /// The content of a file, a pipe or a device.
  ///
  /// - Throws: ``ScriptError/settings(file:problem:)`` when it has more than ``limit`` bytes; `CocoaError` when it cannot be read.
  static func read(_ url: URL) throws -> Data {
    let path = url.path(percentEncoded: false)
    func failure(_ code: Int32) -> CocoaError {
      CocoaError(
        code == ENOENT ? .fileReadNoSuchFile : .fileReadUnknown,
        userInfo: [
          NSFilePathErrorKey: path, NSUnderlyingErrorKey: NSError(domain: NSPOSIXErrorDomain, code: Int(code)),
        ])
    }
    // A pipe that nobody writes to must not be waited for when it is opened.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw failure(errno) }
    _ = fcntl(file, F_SETFL, 0)
    let data = try FileHandle(fileDescriptor: file, closeOnDealloc: true).read(upToCount: limit + 1) ?? Data()
    guard data.count <= limit else {
      throw ScriptError.settings(
        file: url.lastPathComponent, problem: "it has more than \(limit / 1_000_000) MB, which no such file needs")
    }
    return data
  }
}
