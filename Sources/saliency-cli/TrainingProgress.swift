import Saliency
import Synchronization

/// The progress line of a training: how far it is, and how long it will take if it goes on like this.
final class TrainingProgress: Sendable {
  private let epochs: Int
  private let begin = ContinuousClock.now
  /// Epochs done before this run began, which its clock knows nothing of.
  private let before = Mutex(0.0)

  init(epochs: Int) { self.epochs = epochs }

  /// Of a training that is gone on with.
  static func warn(_ ofSameData: Bool) {
    if !ofSameData {
      Console.note(
        "The checkpoint is of an earlier version, so that it could not be checked that the data are the same.")
    }
  }

  func show(_ event: Trainer.Event, _ name: String) {
    switch event {
    case .resumed(let history, let fraction, let ofSameData):
      Self.warn(ofSameData)
      before.withLock { $0 = Double(history.count) + fraction }
    case .step(let epoch, let done, let steps, let loss):
      let progress = Double(epoch - 1) + Double(done) / Double(steps)
      let seconds = (ContinuousClock.now - begin) / .seconds(1)
      let left = seconds * (Double(epochs) - progress) / max(progress - before.withLock(\.self), 1e-9)
      Console.progress(
        progress / Double(epochs),
        "\(name), epoch \(epoch) of \(epochs), loss \((loss * 1e4).rounded() / 1e4), \(Console.clock(left)) left")
    case .epoch: break
    }
  }
}
