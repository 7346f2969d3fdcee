import Foundation

@testable import Experiments

/// An experiment in its folder.
@dynamicMemberLookup struct Opened<Measured: Experiment>: Sendable {
  let experiment: Measured
  let folder: RunFolder

  init(_ experiment: Measured, in url: URL, existing: RunFolder.Existing = .refuse) throws {
    self.experiment = experiment
    folder = try experiment.open(url, existing: existing)
  }

  @discardableResult
  func run(_ report: @escaping @Sendable (RunEvent) -> Void = { _ in }) async throws -> Measured.Report {
    try await experiment.run(in: folder, report: report)
  }

  subscript<Value>(dynamicMember path: KeyPath<Measured, Value>) -> Value { experiment[keyPath: path] }
}

extension RunEvent {
  /// What is being done, and how far it is.
  var progress: (share: Double, text: String)? {
    if case .progress(let share, let text) = self { (share, text) } else { nil }
  }
}
