import Testing

@testable import Saliency

private struct Failure: Error {}

private actor Count {
  private(set) var now = 0
  private(set) var most = 0
  private(set) var done = 0

  func begin(_ bytes: Int) {
    now += bytes
    most = max(most, now)
  }

  func end(_ bytes: Int) {
    now -= bytes
    done += 1
  }
}

@Suite struct SharedRoomTests {
  @Test("what is taken at once never exceeds the room, and what fails gives its part back")
  func bound() async {
    let room = SharedRoom(100)
    let count = Count()
    await withTaskGroup(of: Void.self) { group in
      for turn in 0..<60 {
        // One in ten needs more than there is: it has the room to itself.
        let bytes = turn % 10 == 0 ? 250 : 10 + turn
        group.addTask {
          try? await room.with(bytes) {
            await count.begin(min(bytes, 100))
            await count.end(min(bytes, 100))
            if turn % 3 == 0 { throw Failure() }
          }
        }
      }
    }
    let (now, done, most) = await (count.now, count.done, count.most)
    #expect(now == 0 && done == 60 && most == 100)
  }

  @Test("small things go side by side")
  func together() async {
    let room = SharedRoom(100)
    await room.with(60) { await room.with(40) {} }
  }
}
