import Foundation

/// Why a figure could not be made.
public enum FiguresError: LocalizedError, Equatable, Sendable {
  /// Cairo refused to draw, for want of memory or because a picture is larger than it can hold.
  case drawing(reason: String)

  public var errorDescription: String? {
    switch self {
    case .drawing(let reason): "cannot draw the figure: \(reason); try fewer or smaller maps"
    }
  }
}
