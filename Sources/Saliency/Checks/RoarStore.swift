import Evaluation
import Foundation

/// What came of one training.
struct RoarOutcome: Sendable, Equatable, Codable {
  /// The share of the test images, with pixels removed like the training images, that is classified correctly, 0…1.
  let accuracy: Double
  /// The mean share of a training image's pixels that was really removed.
  let removed: Double
}

/// The files of a ``RoarRun``: `trainings/<name>.json` for what is done and `trainings/<name>/` for what is under way, and the
/// orders of the map in hand in `orders/`.
struct RoarStore: Sendable {
  static let parts = ["trainings", "orders"]

  private let root: URL

  init(_ folder: URL) { root = folder }

  func folder(of training: RoarSettings.Training) -> URL {
    root.appending(path: "trainings/\(training.name)", directoryHint: .isDirectory)
  }

  private func file(of training: RoarSettings.Training) -> URL {
    root.appending(path: "trainings/\(training.name).json")
  }

  /// Nil if the training is not done.
  ///
  /// - Throws: ``CheckError/damaged(path:)``.
  func outcome(of training: RoarSettings.Training) throws -> RoarOutcome? {
    let file = file(of: training)
    guard let data = try? Data(contentsOf: file) else { return nil }
    guard let outcome = try? JSONDecoder().decode(RoarOutcome.self, from: data) else {
      throw CheckError.damaged(path: file.relativePath)
    }
    return outcome
  }

  /// Writes what came of a training and removes its network and checkpoint, of which there would be very many.
  func keep(_ outcome: RoarOutcome, of training: RoarSettings.Training) throws {
    try JSONEncoder().encode(outcome).write(to: file(of: training), options: .atomic)
    try FileManager.default.removeItem(at: folder(of: training))
  }

  private func file(of map: RoarSettings.Map, part: String) -> URL {
    root.appending(path: "orders/\(map.name).\(part)")
  }

  /// The order of a part's pixels; nil if it is not there whole.
  func order(of map: RoarSettings.Map, part: String, images: Int, pixels: Int) -> RemovalOrder? {
    guard let data = try? Data(contentsOf: file(of: map, part: part), options: .mappedIfSafe),
      data.count == 2 * images * pixels
    else { return nil }
    return RemovalOrder(data, pixels: pixels)
  }

  /// Writes an order piece by piece; it appears when it is whole.
  @TorchActor func writeOrder(
    of map: RoarSettings.Map, part: String, _ body: @TorchActor (FileHandle) async throws -> Void
  ) async throws {
    let file = file(of: map, part: part)
    let partial = file.appendingPathExtension("part")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data().write(to: partial)
    do {
      let handle = try FileHandle(forWritingTo: partial)
      defer { try? handle.close() }
      try await body(handle)
    } catch {
      try? FileManager.default.removeItem(at: partial)
      throw error
    }
    guard rename(partial.path, file.path) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }

  func removeOrders(of map: RoarSettings.Map) throws {
    for part in ["train", "test"] { try FileManager.default.removeItem(at: file(of: map, part: part)) }
  }
}
