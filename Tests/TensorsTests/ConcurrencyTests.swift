import Foundation
import Synchronization
import Testing

@testable import Tensors

@Suite struct ConcurrencyTests {
  private struct Failure: Error {}

  @Test("the bodies run at once, each with its own number of processor threads and its own gradient mode")
  func atOnce() async throws {
    let arrived = Mutex(0)
    let found = Mutex([Int: (threads: Int, sum: Double)]())
    let before = await Torch.threads
    try await TorchActor.concurrently(3, threads: 2) { index in
      arrived.withLock { $0 += 1 }
      // Goes on only when the others are there, too.
      let begin = ContinuousClock.now
      while arrived.withLock({ $0 }) < 3, ContinuousClock.now - begin < .seconds(600) { usleep(1000) }
      guard arrived.withLock({ $0 }) == 3 else { throw Failure() }
      let body = {
        let input = try Tensor([Float](repeating: Float(index), count: 4), shape: [4]).variable()
        return try (input * input).sum()
      }
      // One of them without gradients: the others' are not touched.
      let sum = index == 1 ? try Torch.withoutGradient(body) : try body()
      guard sum.requiresGradient == (index != 1) else { throw Failure() }
      let result = (threads: Torch.threads, sum: Double(try sum.floats()[0]))
      found.withLock { $0[index] = result }
    }
    let results = found.withLock { $0 }
    let sums: [Int: Double] = [0: 0, 1: 4, 2: 16]
    #expect(results.mapValues(\.sum) == sums)
    #expect(results.values.allSatisfy { $0.threads == 2 })
    #expect(await Torch.threads == before)
  }

  @Test("an error ends the others, too, and reaches the caller; so does cancelling")
  func errors() async throws {
    let cancelled = Mutex(false)
    do {
      try await TorchActor.concurrently(2, threads: 1) { index in
        if index == 0 { throw Failure() }
        // Beside other tests it may take long until a thread is free to cancel.
        let begin = ContinuousClock.now
        while !Task.isCancelled, ContinuousClock.now - begin < .seconds(600) { usleep(1000) }
        cancelled.withLock { $0 = Task.isCancelled }
      }
      Issue.record("no error")
    } catch { #expect(error is Failure) }
    #expect(cancelled.withLock { $0 })
    let task = Task {
      try await TorchActor.concurrently(2, threads: 1) { _ in
        while true {
          try Task.checkCancellation()
          usleep(1000)
        }
      }
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
