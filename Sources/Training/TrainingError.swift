import Foundation

public enum TrainingError: LocalizedError, Equatable, Sendable {
  case differentClasses
  case differentStart(String)
  case loss(step: Int, epoch: Int)
  case checkpointOf(String)
  case damagedCheckpoint(String)

  public var errorDescription: String? {
    switch self {
    case .differentClasses: "the training and the test images do not have the same classes and sizes"
    case .differentStart(let what): "the model to start from does not fit: \(what)"
    case .loss(let step, let epoch):
      "the loss became NaN or infinite at step \(step) of epoch \(epoch). The last checkpoint is kept"
    case .checkpointOf(let what): "the checkpoint is of another training: \(what)"
    case .damagedCheckpoint(let what): "the checkpoint is damaged (\(what)); remove it to start again"
    }
  }
}
