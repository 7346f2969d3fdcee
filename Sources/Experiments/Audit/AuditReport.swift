import Foundation
import Maps
import Networks

/// Whether the maps of a model can be trusted: what its opening tells, and what a ``ModelAudit`` found.
public struct AuditReport: ExperimentReport, Codable, Equatable {
  /// The bundled model's name, or the file's.
  public let model: String
  /// Which images it was checked on, for people; empty where it could not be opened.
  public let images: String
  public let checks: [AuditCheck]

  /// Whether any check failed.
  public var hasFailed: Bool { checks.contains { $0.verdict == .failed } }

  private static let openingName = "model file"

  /// A model that was refused: its opening is the one check, and it failed.
  ///
  /// - Parameter advice: what to do about it.
  public init(refused error: ModelChoiceError, advice: String? = nil) {
    model = error.model
    images = ""
    let reason = [error.reason, advice].compactMap(\.self).joined(separator: "; ")
    checks = [AuditCheck(Self.openingName, .failed, Self.sentence(reason))]
  }

  init(_ opened: ModelChoice.Opened, images: String, checks: [AuditCheck]) {
    model = opened.name
    self.images = images
    self.checks = [Self.opening(opened)] + checks
  }

  public var findings: Findings {
    let (failed, warned) = (checks.count { $0.verdict == .failed }, checks.count { $0.verdict == .warning })
    let verdict =
      failed > 0
      ? "The maps of this model cannot be trusted: \(failed) check\(failed == 1 ? "" : "s") failed."
      : warned > 0
        ? "The maps can be used, with \(warned == 1 ? "one reservation" : "\(warned) reservations")."
        : "Nothing speaks against the maps of this model."
    return Findings(
      images.isEmpty ? model : "\(model) on \(images)",
      checks.map { .item(mark: $0.verdict.sign, title: $0.name, text: $0.detail) } + [.sentence(verdict)], summary: self
    )
  }

  private static func opening(_ opened: ModelChoice.Opened) -> AuditCheck {
    // What the audit finds for itself on images, its checks say with numbers.
    let warnings = opened.warnings.filter { ![.logProbabilities, .zeroGradient].contains($0) }
    let input = opened.classifier.preprocessing
    let size = "\(input.height)×\(input.width)×\(input.channels)"
    return warnings.isEmpty
      ? AuditCheck(
        openingName, .passed, "It opens and takes images of \(size) for \(opened.classifier.labels.count) classes.")
      : AuditCheck(openingName, .warning, warnings.map { sentence($0.description) }.joined(separator: " "))
  }

  private static func sentence(_ text: String) -> String { text.firstUppercased + "." }
}
