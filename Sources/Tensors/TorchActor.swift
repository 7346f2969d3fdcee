import CTorch
import Foundation

/// The thread on which libtorch works, but for what ``concurrently(_:threads:_:)`` spreads over several.
///
/// libtorch keeps an OpenMP team and a gradient mode for every thread that calls it, so a call from elsewhere would start
/// more threads than there are processors and forget the gradient mode. Whatever makes tensors is isolated to this actor,
/// and tensors are not `Sendable`, so the compiler keeps them here.
@globalActor public actor TorchActor {
  public static let shared = TorchActor()

  private static let executor = TorchExecutor()

  public nonisolated var unownedExecutor: UnownedSerialExecutor { Self.executor.asUnownedSerialExecutor() }

  /// Runs `body` on libtorch's thread.
  public static func run<Result: Sendable>(_ body: @TorchActor () async throws -> Result) async rethrows -> Result {
    try await body()
  }
}

/// Runs jobs one after the other on the actor's thread.
private final class TorchExecutor: SerialExecutor {
  private let thread = TorchThread()

  init() { thread.add { ct_error_free(ct_use_full_precision()) } }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    thread.add { [unowned self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
  }

  /// The threads of ``TorchActor/concurrently(_:threads:_:)`` count as the actor's.
  func checkIsolated() { precondition(TorchThread.isCurrent, "this is not one of libtorch's threads") }
}
