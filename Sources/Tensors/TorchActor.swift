import CTorch
import Foundation

/// The one thread on which libtorch works.
///
/// libtorch keeps an OpenMP team and a gradient mode for every thread that calls it, so a call from elsewhere would start
/// more threads than there are processors and forget the gradient mode. Whatever makes tensors is isolated to this actor,
/// and tensors are not `Sendable`, so the compiler keeps them here.
@globalActor public actor TorchActor {
  public static let shared = TorchActor()

  private static let executor = TorchExecutor()

  public nonisolated var unownedExecutor: UnownedSerialExecutor { Self.executor.asUnownedSerialExecutor() }

  /// Runs `body` on libtorch's thread.
  public static func run<Result: Sendable>(_ body: @TorchActor () throws -> Result) async rethrows -> Result {
    try await body()
  }
}

/// Runs jobs one after the other on a thread of its own.
final class TorchExecutor: SerialExecutor, @unchecked Sendable {
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []

  init() {
    let thread = Thread { [unowned self] in work() }
    thread.name = "libtorch"
    thread.stackSize = 64 << 20
    thread.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  private func work() -> Never {
    ct_error_free(ct_set_threads(ct_processors()))
    ct_error_free(ct_use_full_precision())
    while true {
      condition.lock()
      while jobs.isEmpty { condition.wait() }
      let ready = jobs
      jobs.removeAll(keepingCapacity: true)
      condition.unlock()
      for job in ready { job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
  }
}
