import Testing

@testable import Figures

@Suite struct PanelSizeTests {
  @Test(
    "a picture covers a whole number of page pixels for each of its own",
    arguments: [(28, 28, 10), (32, 32, 9), (224, 224, 1), (64, 48, 5), (192, 100, 2), (193, 193, 1), (432, 9, 1)])
  func whole(height: Int, width: Int, times: Int) {
    let size = PanelSize(height: height, width: width)
    #expect((size.height * size.pixelsPerPoint).rounded() == Double(height * times))
    #expect((size.width * size.pixelsPerPoint).rounded() == Double(width * times))
    #expect(size.isEnlarged == (times > 1))
  }

  @Test("a larger picture is reduced to 432 pixels, keeping its shape")
  func reduced() {
    let size = PanelSize(height: 700, width: 1000)
    #expect(size.width * size.pixelsPerPoint == 432)
    #expect(abs(size.height / size.width - 0.7) < 1e-12)
    #expect(!size.isEnlarged)
  }
}
