/// What one check of a ``ModelAudit`` found.
public struct AuditCheck: Codable, Sendable, Equatable {
  public enum Verdict: String, Codable, Sendable, CaseIterable {
    /// As it should be.
    case passed
    /// The maps can be used, but not without knowing what `detail` says.
    case warning
    /// The maps do not show what they claim to.
    case failed
    /// It could not be checked, or needed not be; `detail` says why.
    case skipped

    package var sign: String {
      switch self {
      case .passed: "✓"
      case .warning: "!"
      case .failed: "✗"
      case .skipped: "–"
      }
    }
  }

  /// What was checked, in a few words.
  public let name: String
  public let verdict: Verdict
  /// What was found, in plain words with the numbers, and what to do about it; one paragraph.
  public let detail: String

  public init(_ name: String, _ verdict: Verdict, _ detail: String) {
    self.name = name
    self.verdict = verdict
    self.detail = detail
  }
}
