import Files
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
    do { try writeWhole(to: url) } catch let error as FileError {
      throw FiguresError.unwritable(path: url.path(percentEncoded: false), reason: error.reason)
    }
  }
}
