import Foundation

/// Enough items that handing them out costs nothing, few enough that all processors finish together.
private let blockSize = 64

private struct Block<Result: Sendable>: Sendable {
  let start: Int
  let results: [Result]
}

/// The results of `body` for 0, 1, …, `count` − 1, computed by all processors.
///
/// - Parameter progress: called with how many are done, never twice at once.
/// - Throws: what `body` throws first; `CancellationError`.
func inParallel<Result: Sendable>(
  _ count: Int, progress: (Int) -> Void, _ body: @escaping @Sendable (Int) async throws -> Result
) async throws -> [Result] {
  var ranges = (0..<count).batches(of: blockSize).makeIterator()
  var results = [Result?](repeating: nil, count: count)
  try await withThrowingTaskGroup(of: Block<Result>.self) { group in
    func addNext() {
      guard let range = ranges.next() else { return }
      group.addTask { try await block(range, body) }
    }
    for _ in 0..<ProcessInfo.processInfo.activeProcessorCount { addNext() }
    var done = 0
    for try await block in group {
      for (offset, result) in block.results.enumerated() { results[block.start + offset] = result }
      done += block.results.count
      progress(done)
      addNext()
    }
  }
  return results.compactMap { $0 }
}

private func block<Result: Sendable>(
  _ range: Range<Int>, _ body: @Sendable (Int) async throws -> Result
) async throws -> Block<Result> {
  var results: [Result] = []
  results.reserveCapacity(range.count)
  for index in range {
    try Task.checkCancellation()
    results.append(try await body(index))
  }
  return Block(start: range.lowerBound, results: results)
}
