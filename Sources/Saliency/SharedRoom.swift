/// What tasks share, such as bytes of memory: one that needs more than is left waits until others have given theirs back, in the
/// order of asking.
package actor SharedRoom {
  private let total: Int
  private var free: Int
  private var waiting: [(bytes: Int, go: CheckedContinuation<Void, Never>)] = []

  package init(_ bytes: Int) {
    total = max(0, bytes)
    free = total
  }

  /// Runs `body` when there is room for `bytes`; what needs more than there is at all runs alone.
  package nonisolated func with<Result: Sendable>(
    _ bytes: Int, _ body: @Sendable () async throws -> Result
  ) async rethrows -> Result {
    let taken = await take(bytes)
    do {
      let result = try await body()
      await give(taken)
      return result
    } catch {
      await give(taken)
      throw error
    }
  }

  private func take(_ bytes: Int) async -> Int {
    let bytes = min(max(0, bytes), total)
    if waiting.isEmpty, bytes <= free {
      free -= bytes
    } else {
      await withCheckedContinuation { waiting.append((bytes, $0)) }
    }
    return bytes
  }

  private func give(_ bytes: Int) {
    free += bytes
    while let first = waiting.first, first.bytes <= free {
      waiting.removeFirst()
      free -= first.bytes
      first.go.resume()
    }
  }
}
