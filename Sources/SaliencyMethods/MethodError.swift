import Foundation

/// A combination of methods that makes no sense.
public enum MethodError: LocalizedError, Equatable, Sendable {
  case signlessAttribution(String, view: String)
  case noRivals

  public var errorDescription: String? {
    switch self {
    case .signlessAttribution(let attribution, let view):
      "the attribution \(attribution) has no sign, so the view \(view) of it has no meaning; ask for --views original"
    case .noRivals: "at least one rival class is needed"
    }
  }
}
