import Foundation

/// Why a figure could not be made.
public enum FiguresError: LocalizedError, Equatable, Sendable {
  /// The file could not be written; nothing is left at `path` but what was there before.
  case unwritable(path: String, reason: String)
  /// Cairo refused to draw, for want of memory or because a picture is larger than it can hold.
  case drawing(reason: String)

  public var errorDescription: String? {
    switch self {
    case .unwritable(let path, let reason):
      "cannot write \(path): \(reason); name a folder that exists and may be written to"
    case .drawing(let reason):
      "cannot draw the figure: \(reason); try fewer or smaller maps"
    }
  }
}
