import Datasets
import Downloads
import Foundation
import Maps
import Networks
import Rasters
import Tensors

/// A ``ModelAudit`` of a model on some images.
public struct AuditRun: Experiment {
  /// What is checked.
  public struct Settings: RunSettings {
    public let model: String
    /// Which images it is checked on, for people.
    public let images: String
    /// With which classes the checked maps compare.
    public let rivals: Rivals
    /// Whether it is compared with the same model on another device.
    public let comparesDevices: Bool
  }

  public let settings: Settings
  public let identity: RunIdentity
  private let model: ModelChoice.Opened
  private let images: [Raster<Float>]
  private let audit: ModelAudit

  /// - Parameters:
  ///   - model: from ``ModelChoice/open(_:settings:device:)``.
  ///   - images: as the classifier's preprocessing makes them, see ``AuditImages``; at least one.
  ///   - name: what the images are, for people.
  ///   - twin: the same model on another device.
  ///   - rivals: with which classes the checked maps compare.
  ///   - memory: about how many bytes the checks may take.
  /// - Throws: `DownloadsError` when the model's file cannot be read.
  public init(
    _ model: ModelChoice.Opened, on images: [Raster<Float>], named name: String, twin: (any Classifier)? = nil,
    rivals: Rivals = .all, memory: Int = 2 << 30
  ) throws {
    self.model = model
    self.images = images
    audit = ModelAudit(model.classifier, twin: twin, rivals: rivals, memory: memory)
    settings = Settings(model: model.name, images: name, rivals: rivals, comparesDevices: twin != nil)
    let digest = Digest.sha256()
    for image in images { image.values.withUnsafeBytes { digest.update($0) } }
    identity = RunIdentity(
      model: try Checksum.of(model.file, .sha256).hex, data: ["images": digest.finish().hex],
      device: model.classifier.device)
  }

  /// - Throws: as ``ModelAudit/checks(_:progress:)``.
  public func run(
    in folder: RunFolder, report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> AuditReport {
    try folder.reopen()
    return try await checked(report)
  }

  /// The same without a folder: nothing of it is kept.
  public func checked(_ report: @escaping @Sendable (RunEvent) -> Void = { _ in }) async throws -> AuditReport {
    try await TorchActor.run {
      let batch = try Tensor.concatenate(images.map(Preprocessing.image(from:)))
      let checks = try audit.checks(batch) { report(.progress($0, $1)) }
      return AuditReport(model, images: settings.images, checks: checks)
    }
  }
}
