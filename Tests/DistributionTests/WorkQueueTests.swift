import Files
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Distribution

@Suite struct WorkQueueTests {
  private let folder: TemporaryFolder
  private let claims: URL

  init() throws {
    folder = try TemporaryFolder()
    claims = folder.file("claims")
  }

  /// As another process would: with the file opened anew.
  private func queue(_ name: String, _ pieces: Range<Int> = 0..<4, start: Double = 0) throws -> WorkQueue {
    try WorkQueue(pieces, claims: claims, as: name, start: start)
  }

  @Test("alone, every piece in its turn")
  func alone() throws {
    let queue = WorkQueue([3, 1, 2])
    let pieces = try (0..<4).map { _ in try queue.next()?.number }
    #expect(pieces == [3, 1, 2, nil])
    #expect(queue.finishedByOthers() == 0)
  }

  @Test("each piece goes to one; each begins in another place and goes on from there")
  func shared() throws {
    let (one, other) = (try queue("one"), try queue("other", start: 0.5))
    #expect(try one.next()?.number == 0)
    #expect(try other.next()?.number == 2)
    #expect(try one.next()?.number == 1)
    try other.finish(2)
    #expect(one.finishedByOthers() == 1 && other.finishedByOthers() == 0)
    #expect(try one.next()?.number == 3)
    for piece in [0, 1, 3] { try one.finish(piece) }
    #expect(try one.next() == nil && other.next() == nil)
    #expect(other.finishedByOthers() == 3)
  }

  @Test("eight workers of four processes do a thousand pieces once each")
  func many() throws {
    let queues = try (0..<4).map { try queue("process \($0)", 0..<1000, start: Double($0) / 4) }
    let done = Mutex<[Int]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { worker in
      do {
        while let piece = try queues[worker / 2].next() {
          done.withLock { $0.append(piece.number) }
          try queues[worker / 2].finish(piece.number)
        }
      } catch { Issue.record(error) }
    }
    #expect(done.withLock { $0.sorted() } == Array(0..<1000))
  }

  @Test("who waits for the last piece gets it when its process is gone")
  func givenBack() throws {
    let waiting = try queue("waiting", 0..<1)
    var other: WorkQueue? = try queue("other", 0..<1)
    #expect(try other?.next() != nil)
    let got = Mutex<WorkQueue.Piece?>(nil)
    let ended = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      do {
        let piece = try waiting.next()
        got.withLock { $0 = piece }
      } catch { Issue.record(error) }
      ended.signal()
    }
    #expect(ended.wait(timeout: .now() + .milliseconds(200)) == .timedOut)
    other = nil
    #expect(ended.wait(timeout: .now() + .seconds(20)) == .success)
    // It was given back in order, so nobody is blamed.
    #expect(got.withLock(\.self) == WorkQueue.Piece(number: 0, lostBy: nil))
  }

  @Test("a piece whose process was killed is named with it")
  func lost() throws {
    let names = [UInt8](repeating: 0, count: 96) + Array("rank 1 on node2".utf8)
    let head = "4" + String(repeating: "\n", count: 15)
    try Data(Array(head.utf8) + [0, UInt8(ascii: "b"), 0, 0] + names).write(to: claims)
    let lost = try WorkQueue.lost(in: claims)
    #expect(lost.map(\.piece) == [1] && lost.map(\.by) == ["rank 1 on node2"])
    let queue = try queue("me", start: 0.25)
    #expect(try queue.next() == WorkQueue.Piece(number: 1, lostBy: "rank 1 on node2"))
    #expect(try WorkQueue.lost(in: folder.file("none")).isEmpty)
  }

  @Test("a file full of nonsense deals out all pieces, and says nothing that a terminal would obey")
  func damaged() throws {
    for byte in [UInt8(0), 27, 57, 98, 255] {
      try Data([UInt8](repeating: byte, count: 16) + [98] + [UInt8](repeating: byte, count: 300)).write(to: claims)
      #expect(try WorkQueue.lost(in: claims).isEmpty)
      let queue = try queue("me")
      var pieces: [Int] = []
      while let piece = try queue.next() {
        pieces.append(piece.number)
        #expect(piece.lostBy?.unicodeScalars.allSatisfy { $0.value >= 32 } != false)
        try queue.finish(piece.number)
      }
      #expect(pieces == [0, 1, 2, 3])
    }
  }

  @Test("a file that cannot be written is named")
  func unwritable() {
    let error = #expect(throws: FileError.self) {
      try WorkQueue(0..<1, claims: folder.file("missing/claims"), as: "me")
    }
    #expect(error?.path.hasSuffix("claims") == true)
  }
}
