import CTorch

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
  /// - Parameter threads: how many processor threads each body's operations use; one, where other calls that run at the same time
  ///   have taken another number than this and one. The actor, too, uses as many or one meanwhile.
  /// - Throws: what the first body to fail throws; the others are cancelled.
  public static func concurrently(
    _ count: Int, threads: Int, _ body: @escaping @TorchActor @Sendable (Int) throws -> Void
  ) async throws {
    let size = await change { $0.join(threads) }
    let workers = (0..<count).map { _ in TorchWorker(threads: size) }
    let result: Result<Void, any Error>
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, worker) in workers.enumerated() {
          group.addTask(executorPreference: worker) { try perform(body, index) }
        }
        // The first error leaves this scope, which cancels the others.
        for try await _ in group {}
      }
      result = .success(())
    } catch { result = .failure(error) }
    for worker in workers { worker.finish() }
    await change { $0.leave(size) }
    try result.get()
  }

  /// Looked at and changed on the actor's own thread alone.
  @TorchActor static private(set) var teams = ThreadTeams(own: Int(ct_processors()))

  /// Changes the teams, and with them how many processor threads the actor uses.
  @TorchActor static func change<Result: Sendable>(_ body: @Sendable (inout ThreadTeams) -> Result) -> Result {
    let result = body(&teams)
    ct_error_free(ct_set_threads(Int32(clamping: teams.actors)))
    return result
  }

  /// Calls `body` where it is: on a worker's thread, which counts as one of the actor's. The compiler cannot know that an
  /// actor has several; so its check is made here, as `MainActor.assumeIsolated` does, and then the isolation, which is no more
  /// than a part of the function's type, is taken off.
  private static func perform(_ body: @escaping @TorchActor @Sendable (Int) throws -> Void, _ index: Int) throws {
    precondition(TorchThread.current != nil, "this is not one of libtorch's threads")
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

/// How many processor threads those of libtorch's threads use that work at the same time: each either one or the same number.
///
/// OpenBLAS, where it is built with OpenMP, keeps a buffer for each processor thread of a matrix product, one set for the whole
/// program. Whoever multiplies with fewer threads than the one before, but more than one, lets the buffers beyond go, also while
/// another thread's product still writes into them, and what gets them next does, too: both products are wrong. Seen in 0.3.21, in
/// 29 of 2,294 products of 256×300 by 300×256, one thread with teams of four beside two with teams of two.
struct ThreadTeams {
  /// How many the actor uses while it is alone.
  var own: Int
  /// What all have that have more than one.
  private var size: Int?
  private var groups = 0

  init(own: Int) { self.own = own }

  /// How many the actor uses now.
  var actors: Int { size.map { $0 <= own ? $0 : 1 } ?? own }

  /// - Returns: how many each thread of a group that begins may use, which wants so many.
  mutating func join(_ wanted: Int) -> Int {
    let given = size.map { $0 <= wanted ? $0 : 1 } ?? wanted
    if given > 1 { (size, groups) = (given, groups + 1) }
    return given
  }

  /// A group ends that has been given so many.
  mutating func leave(_ given: Int) {
    guard given > 1 else { return }
    groups -= 1
    if groups == 0 { size = nil }
  }
}
