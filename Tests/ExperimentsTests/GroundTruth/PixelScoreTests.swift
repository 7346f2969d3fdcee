import TestSupport
import Testing

@testable import Experiments

@Suite struct PixelScoreTests {
  @Test("by hand")
  func byHand() throws {
    // In order: right, wrong way, right, neither, right, neither.
    let score = PixelScore(
      [9, 8, 7, 6, 5, 0], against: [true, false, true, false, true, false],
      opposite: [false, true, false, false, false, false])
    #expect(score.precision == 2 / 3.0)
    #expect(score.wrongSign == 1 / 3.0)
    expectClose([score.averagePrecision], [(1 + 2 / 3.0 + 3 / 5.0) / 3], relative: 1e-12)
    #expect(score.shownPrecision == 3 / 5.0 && score.shownRecall == 1 && score.chance == 0.5)
  }

  @Test("equal values count as if in random order: a map that is zero everywhere scores as chance")
  func constant() {
    let score = PixelScore([0, 0, 0, 0, 0], against: [true, false, false, true, false])
    #expect(score.precision == 0.4 && score.averagePrecision == 0.4 && score.wrongSign == nil)
    #expect(score.shownPrecision == 0 && score.shownRecall == 0)
  }

  @Test("precision is the mean over all orders of equal values")
  func ties() {
    let map: [Float] = [3, 1, 1, 1, 0]
    let set = [true, true, false, false, false]
    // The second place is one of three equal pixels, one of which is right.
    #expect(PixelScore(map, against: set).precision == (1 + 1 / 3.0) / 2)
  }

  @Test("against precision and recall at every threshold", arguments: 0..<20)
  func oracle(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    // A few levels, so that there are many equal values.
    let map = (0..<60).map { _ in Float(Int.random(in: 0...(seed % 2 == 0 ? 5 : 1000), using: &random)) }
    let set = (0..<60).map { $0 < 7 || Bool.random(using: &random) }.shuffled(using: &random)
    let size = Double(set.count { $0 })
    var (area, recallBefore) = (0.0, 0.0)
    for threshold in Set(map).sorted(by: >) {
      let shown = map.indices.filter { map[$0] >= threshold }
      let right = Double(shown.count { set[$0] })
      area += (right / size - recallBefore) * right / Double(shown.count)
      recallBefore = right / size
    }
    let score = PixelScore(map, against: set)
    expectClose([score.averagePrecision], [area], relative: 1e-12)
    #expect(PixelScore(set.map { $0 ? 1 : 0 }, against: set).precision == 1)
    #expect(PixelScore(set.map { $0 ? 1 : 0 }, against: set).averagePrecision == 1)
    if Set(map).count > 40 {
      let top = map.indices.sorted { map[$0] > map[$1] }.prefix(Int(size))
      let kth = top.last.map { map[$0] } ?? 0
      // Where the k-th value is the last of its kind, there is one order only.
      if map.count(where: { $0 >= kth }) == Int(size) {
        #expect(score.precision == Double(top.count { set[$0] }) / size)
      }
    }
  }
}
