import Foundation
import Maps

public enum TrainingError: LocalizedError, Equatable, Sendable {
  case differentClasses
  case differentStart(String)
  case loss(step: Int, epoch: Int)
  /// The network still gives every image the same answer.
  case stuck(epoch: Int)
  case checkpointOf(String)
  case damagedCheckpoint(String)
  case tooLittleMemory(batch: Int, needed: Int, given: Int)
  /// Processes that should train together have not come.
  case missingProcesses([Int], count: Int)
  /// Processes that should train together have other settings or data than process 0.
  case differentProcesses([Int])
  /// A process of another launch waits in the folder.
  case stranger(rank: Int, count: Int, folder: String)

  public var errorDescription: String? {
    switch self {
    case .differentClasses: "the training and the test images do not have the same classes and sizes"
    case .differentStart(let what): "the model to start from does not fit: \(what)"
    case .loss(let step, let epoch):
      "the loss became NaN or infinite at step \(step) of epoch \(epoch). The last checkpoint is kept"
    case .stuck(let epoch): "after \(epoch) epochs the network still gives every image the same answer"
    case .checkpointOf(let what): "the checkpoint is of another training: \(what)"
    case .damagedCheckpoint(let what): "the checkpoint is damaged (\(what)); remove it to start again"
    case .tooLittleMemory(let batch, let needed, let given):
      "a training on batches of \(batch) images needs about \(needed.inMegabytes), and only \(given.inMegabytes) are allowed"
    case .missingProcesses(let ranks, let count):
      "\(Self.list(ranks)) of 0 to \(count - 1) has not come; all must use the same output folder"
    case .differentProcesses(let ranks):
      "\(Self.list(ranks)) has other settings or other images than process 0; all must be started alike"
    case .stranger(let rank, let count, let folder):
      "in \(folder) waits a process \(rank) that is not one of these, 0 to \(count - 1); end what an earlier start has left at work"
    }
  }
  private static func list(_ ranks: [Int]) -> String {
    "process \(ranks.prefix(5).map(String.init).joined(separator: ", "))\(ranks.count > 5 ? ", …" : "")"
  }
}
