import Testing

@testable import Maps

@Suite struct RivalsTests {
  @Test("up to 50 classes all are compared with, above the 20 most probable ones")
  func usual() {
    for count in [1, 2, 10, 50] { #expect(Rivals.usual(classes: count) == .all) }
    for count in [51, 1000] { #expect(Rivals.usual(classes: count) == .top(20)) }
  }

  @Test(
    "how many rivals a class has", arguments: [(Rivals.all, 10, 9), (.all, 1, 0), (.top(3), 10, 3), (.top(30), 10, 9)])
  func count(rivals: Rivals, classes: Int, expected: Int) { #expect(rivals.count(classes: classes) == expected) }
}
