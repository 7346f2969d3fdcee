extension TorchActor {
  /// Runs `body(0)` to `body(count - 1)` at once, each on a thread of its own, while the actor is free.
  ///
  /// Work that falls into independent pieces uses processors better so than with every operation shared among them, because
  /// nobody waits for the others at the end of each operation: the more so, the smaller the operations and the busier the
  /// machine.
  ///
  /// The bodies count as isolated to the actor, so that they can work with tensors, but run at the same time: what they share
  /// must not change. Tensors, classifiers and explainers do not. Cancelling reaches each of them.
  ///
  /// OpenBLAS, where it is built with OpenMP as Debian's is, keeps the buffers of a matrix product's processor threads for the whole
  /// program, and lets some go when another thread multiplies with fewer, but more than one: products of both can then be wrong (seen in
  /// 0.3.21). So while bodies with several processor threads run, leave the actor and other calls of this alone, or let all that run at
  /// the same time have the same number or one (``Torch/threads``).
  ///
  /// - Parameter threads: how many processor threads each body's operations use.
  /// - Throws: what the first body to fail throws; the others are cancelled.
  public static func concurrently(
    _ count: Int, threads: Int, _ body: @escaping @TorchActor @Sendable (Int) throws -> Void
  ) async throws {
    let workers = (0..<count).map { _ in TorchWorker(threads: threads) }
    defer { for worker in workers { worker.finish() } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, worker) in workers.enumerated() {
        group.addTask(executorPreference: worker) { try perform(body, index) }
      }
      // The first error leaves this scope, which cancels the others.
      for try await _ in group {}
    }
  }

  /// Calls `body` where it is: on a worker's thread, which counts as one of the actor's. The compiler cannot know that an
  /// actor has several; so its check is made here, as `MainActor.assumeIsolated` does, and then the isolation, which is no more
  /// than a part of the function's type, is taken off.
  private static func perform(_ body: @escaping @TorchActor @Sendable (Int) throws -> Void, _ index: Int) throws {
    precondition(TorchThread.isCurrent, "this is not one of libtorch's threads")
    try unsafeBitCast(body, to: (@Sendable (Int) throws -> Void).self)(index)
  }
}

/// Runs a task's jobs on a thread of its own.
private final class TorchWorker: TaskExecutor {
  private let thread: TorchThread

  init(threads: Int) { thread = TorchThread(processors: threads) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    thread.add { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
  }

  func finish() { thread.finish() }
}
