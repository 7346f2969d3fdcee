import Files
import Foundation
import Synchronization

/// Deals out the pieces of a work, one after another, to the workers of this process and, where it is shared, to those of others: each
/// gets the next piece that nobody has, so that slow machines take fewer.
package final class WorkQueue: Sendable {
  /// A piece to be done.
  package struct Piece: Sendable, Equatable {
    package let number: Int
    /// Who began with it, did not finish it and has ended.
    package let lostBy: String?
  }

  private struct State {
    /// Those that are neither this process' nor known to be done, in the order in which they are tried.
    var left: [Int]
    var mine: Set<Int> = []
    /// Those that this process has finished.
    var finished = 0
  }

  private let state: Mutex<State>
  private let shared: (claims: ClaimFile, name: String)?

  /// For this process alone.
  package init(_ pieces: some Sequence<Int>) {
    state = Mutex(State(left: Array(pieces)))
    shared = nil
  }

  /// - Parameters:
  ///   - file: of the claims, where all processes find it.
  ///   - name: this process', for others if it is lost.
  ///   - start: where in the pieces this process begins, 0..<1, so that not all want the same one.
  /// - Throws: ``FileError``.
  package init(_ pieces: some Sequence<Int>, claims file: URL, as name: String, start: Double = 0) throws {
    let all = Array(pieces)
    let first = Int(Double(all.count) * min(max(start, 0), 1))
    state = Mutex(State(left: Array(all[first...] + all[..<first])))
    // Pieces are numbered from 0.
    shared = (try ClaimFile(file, pieces: (all.max() ?? -1) + 1), name)
  }

  /// The next piece; nil when all are done or with a worker of this process. While others are at the last ones it waits: if they are
  /// lost, their pieces are left.
  ///
  /// - Throws: ``FileError``; `CancellationError`.
  package func next() throws -> Piece? {
    guard let shared else {
      return state.withLock { state in
        state.left.isEmpty ? nil : Piece(number: state.left.removeFirst(), lostBy: nil)
      }
    }
    var pause = 0.05
    while true {
      let found = try state.withLock { state -> Piece? in
        let done = try shared.claims.allDone()
        state.left.removeAll { done.contains($0) }
        for (place, piece) in state.left.enumerated() {
          guard case .mine(let lostBy) = try shared.claims.claim(piece, as: shared.name) else { continue }
          state.left.remove(at: place)
          state.mine.insert(piece)
          return Piece(number: piece, lostBy: lostBy)
        }
        return nil
      }
      if let found { return found }
      if state.withLock({ $0.left.isEmpty }) { return nil }
      if Task.isCancelled { throw CancellationError() }
      Thread.sleep(forTimeInterval: pause)
      pause = min(2 * pause, 1)
    }
  }

  /// Says that a piece is done, its results on the disk.
  package func finish(_ piece: Int) throws {
    try shared?.claims.finish(piece)
    state.withLock {
      $0.mine.remove(piece)
      $0.finished += 1
    }
  }

  /// The pieces that others have finished.
  package func finishedByOthers() -> Int {
    guard let shared, let done = try? shared.claims.allDone().count else { return 0 }
    return max(0, done - state.withLock(\.finished))
  }

  /// What a claims file says of pieces that were begun with and not finished. Nobody may be at work.
  package static func lost(in claims: URL) throws -> [(piece: Int, by: String)] {
    claims.exists ? try ClaimFile(claims).begun() : []
  }

  /// Gives back what is this process' and not done.
  deinit {
    for piece in state.withLock(\.mine) { try? shared?.claims.giveBack(piece) }
  }
}
