import CTorch
import Foundation

/// A thread on which libtorch may be called: it runs what it is given, in order.
final class TorchThread: @unchecked Sendable {
  private let condition = NSCondition()
  private var jobs: [@Sendable () -> Void] = []
  private var isFinished = false

  private static let mark = "libtorch"

  /// Whether the code that asks runs on such a thread.
  static var isCurrent: Bool { Thread.current.threadDictionary[mark] != nil }

  /// - Parameter processors: how many processor threads its operations use; nil: all.
  init(processors: Int? = nil) {
    let thread = Thread { [self] in
      Thread.current.threadDictionary[Self.mark] = true
      ct_error_free(ct_set_threads(processors.map { Int32(clamping: $0) } ?? ct_processors()))
      while let job = next() { job() }
    }
    thread.name = Self.mark
    thread.stackSize = 64 << 20
    thread.start()
  }

  func add(_ job: @escaping @Sendable () -> Void) {
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  /// Ends the thread after the jobs that it has.
  func finish() {
    condition.withLock {
      isFinished = true
      condition.signal()
    }
  }

  private func next() -> (@Sendable () -> Void)? {
    condition.withLock {
      while jobs.isEmpty && !isFinished { condition.wait() }
      return jobs.isEmpty ? nil : jobs.removeFirst()
    }
  }
}
