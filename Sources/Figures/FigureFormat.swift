import Foundation

/// The file formats that figures are written in.
public enum FigureFormat: String, CaseIterable, Sendable {
  case png, pdf, svg
}

extension Data {
  /// Writes the data under a temporary name in the same folder and renames it, so that no half-written file is ever seen.
  ///
  /// - Throws: `FiguresError.unwritable`.
  func writeFigure(to url: URL) throws {
    do {
      try write(to: url, options: .atomic)
    } catch {
      let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
      let cause = (underlying ?? error) as NSError
      let reason = cause.domain == NSPOSIXErrorDomain ? String(cString: strerror(Int32(cause.code))) : "\(error)"
      throw FiguresError.unwritable(path: url.path(percentEncoded: false), reason: reason)
    }
  }
}
