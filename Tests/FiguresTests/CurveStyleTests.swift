import Testing

@testable import Figures

@Suite struct CurveStyleTests {
  @Test("21 series have 21 looks, and those of one colour differ in dash")
  func distinct() {
    let styles = (0..<21).map(CurveStyle.init)
    #expect(Set(styles).count == 21)
    for colour in Set(styles.map(\.colour)) {
      #expect(Set(styles.filter { $0.colour == colour }.map(\.dash)).count == 3)
    }
  }
}
