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
    // One, where other work has teams of another size.
    #expect(Set(results.values.map(\.threads)).count == 1 && results.values.allSatisfy { 1...2 ~= $0.threads })
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

  @Test("threads that use several processor threads use equally many, and the others one")
  func teams() {
    var teams = ThreadTeams(own: 4)
    #expect(teams.actors == 4)
    #expect(teams.join(1) == 1 && teams.actors == 4)
    #expect(teams.join(2) == 2 && teams.actors == 2)
    // A larger group takes the size that is there, a smaller one goes without.
    #expect(teams.join(3) == 2 && teams.join(1) == 1)
    teams.own = 1
    #expect(teams.actors == 1)
    teams.own = 8
    teams.leave(2)
    teams.leave(1)
    #expect(teams.actors == 2)
    teams.leave(2)
    #expect(teams.actors == 8)
    teams.leave(1)
    #expect(teams.join(16) == 16 && teams.actors == 1 && teams.join(8) == 1)
  }

  /// Without ``ThreadTeams`` OpenBLAS gives wrong products here.
  @Test("matrix products are right beside others with another number of threads")
  func products() async throws {
    let counts = Counts()
    async let large: Void = TorchActor.concurrently(1, threads: 4) { try counts.multiply(rows: 256 + $0) }
    async let small: Void = TorchActor.concurrently(2, threads: 2) { try counts.multiply(rows: 200 + 8 * $0) }
    _ = try await (large, small)
    #expect(counts.wrong.withLock { $0 } == 0)
  }

  private final class Counts: Sendable {
    let running = Mutex(0)
    let wrong = Mutex(0)

    @TorchActor func multiply(rows: Int) throws {
      func matrix(_ rows: Int, _ step: Int) throws -> Tensor {
        try Tensor((0..<rows * 300).map { Float($0 * step % 17 - 8) }, shape: [rows, 300])
      }
      let (a, b) = try (matrix(rows, 5), matrix(256, 7))
      // Whole numbers: every order of adding is exact.
      let right = try a.to(.float64).linear(weight: b.to(.float64), bias: nil).to(.float32).floats()
      running.withLock { $0 += 1 }
      while running.withLock({ $0 }) < 3 {
        try Task.checkCancellation()
        usleep(1000)
      }
      for _ in 0..<400 where try a.linear(weight: b, bias: nil).floats() != right { wrong.withLock { $0 += 1 } }
    }
  }
}
