import Foundation
import Maps
import Networks
import Rasters
import Tensors

/// Whether the maps of a model can be trusted: what its opening tells, and a ``ModelAudit`` of it.
public struct AuditReport: Codable, Sendable, Equatable {
  /// The bundled model's name, or the file's.
  public let model: String
  /// Which images it was checked on, for people; empty where it could not be opened.
  public let images: String
  public let checks: [AuditCheck]

  /// Whether any check failed.
  public var hasFailed: Bool { checks.contains { $0.verdict == .failed } }

  private static let openingName = "model file"

  /// A model that was refused: its opening is the one check, and it failed.
  public init(refused error: ModelChoiceError) {
    model = error.model
    images = ""
    checks = [AuditCheck(Self.openingName, .failed, Self.sentence(error.reason))]
  }

  /// Audits a model.
  ///
  /// - Parameters:
  ///   - opened: the model, from ``ModelChoice/open(_:settings:device:)``.
  ///   - images: as the classifier's preprocessing makes them, see ``AuditImages``; at least one.
  ///   - name: what the images are, for people.
  ///   - twin: the same model on another device.
  ///   - rivals: with which classes the checked maps compare.
  ///   - memory: about how many bytes the checks may take.
  ///   - progress: see ``ModelAudit/checks(_:progress:)``.
  /// - Throws: as ``ModelAudit/checks(_:progress:)``.
  @TorchActor public init(
    _ opened: ModelChoice.Opened, on images: [Raster<Float>], named name: String, twin: (any Classifier)? = nil,
    rivals: Rivals = .all, memory: Int = 2 << 30, progress: (Double, String) -> Void = { _, _ in }
  ) throws {
    let audit = ModelAudit(opened.classifier, twin: twin, rivals: rivals, memory: memory)
    let batch = try Tensor.concatenate(images.map(Preprocessing.image(from:)))
    model = opened.name
    self.images = name
    checks = try [Self.opening(opened)] + audit.checks(batch, progress: progress)
  }

  private static func opening(_ opened: ModelChoice.Opened) -> AuditCheck {
    // What the audit finds for itself on images, its checks say with numbers.
    let warnings: [String] =
      if let script = opened.classifier as? ScriptClassifier {
        script.warnings.filter { ![.logProbabilities, .zeroGradient].contains($0) }.map(\.description)
      } else { opened.warnings }
    let input = opened.classifier.preprocessing
    let size = "\(input.height)×\(input.width)×\(input.channels)"
    return warnings.isEmpty
      ? AuditCheck(
        openingName, .passed, "It opens and takes images of \(size) for \(opened.classifier.labels.count) classes.")
      : AuditCheck(openingName, .warning, warnings.map(sentence).joined(separator: " "))
  }

  private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }
}
