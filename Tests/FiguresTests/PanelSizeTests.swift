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

  @Test("a scale multiplies the size in points and in pixels", arguments: [(28, 2.0, 21), (224, 2, 3), (224, 4, 5)])
  func scale(side: Int, scale: Double, times: Int) {
    let size = PanelSize(height: side, width: side, scale: scale)
    #expect(size.width == 108 * scale)
    #expect((size.width * size.pixelsPerPoint).rounded() == Double(side * times))
  }

  @Test(
    "a photograph has up to 864 pixels, times the scale",
    arguments: [(500, 1.0, 500.0), (6000, 1, 864), (6000, 3, 2592)])
  func photograph(side: Int, scale: Double, pixels: Double) {
    let size = PanelSize(height: side, width: side / 2, scale: scale, isPhotograph: true)
    #expect((size.height * size.pixelsPerPoint).rounded() == pixels)
  }

  @Test("a larger picture is reduced to 432 pixels, keeping its shape")
  func reduced() {
    let size = PanelSize(height: 700, width: 1000)
    #expect(size.width * size.pixelsPerPoint == 432)
    #expect(abs(size.height / size.width - 0.7) < 1e-12)
    #expect(!size.isEnlarged)
  }
}
