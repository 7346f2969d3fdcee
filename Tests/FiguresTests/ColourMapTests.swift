import Testing

@testable import Figures

@Suite struct ColourMapTests {
  @Test(
    "heat runs from black over red and yellow to white",
    arguments: [
      (0, 0x000000), (0.1875, 0x800000), (0.375, 0xFF0000), (0.5625, 0xFF8000), (0.75, 0xFFFF00), (0.875, 0xFFFF80),
      (1, 0xFFFFFF), (-3, 0x000000), (7, 0xFFFFFF),
    ] as [(Float, UInt32)])
  func heat(value: Float, hex: UInt32) {
    #expect(ColourMap.heat.colour(value) == Colour(hex))
  }

  @Test(
    "diverging runs from blue over white to red",
    arguments: [
      (-1, 0x053061), (-0.8, 0x2166AC), (0, 0xFFFFFF), (0.2, 0xFDDBC7), (0.1, 0xFEEDE3), (1, 0x67001F), (-9, 0x053061),
      (9, 0x67001F),
    ] as [(Float, UInt32)])
  func diverging(value: Float, hex: UInt32) {
    #expect(ColourMap.diverging.colour(value) == Colour(hex))
  }

  @Test(
    "sequential runs from white to dark blue",
    arguments: [
      (0, 0xFFFFFF), (0.0625, 0xEFF5FB), (0.125, 0xDEEBF7), (0.5, 0x6BAED6), (1, 0x08306B), (-1, 0xFFFFFF),
      (2, 0x08306B),
    ] as [(Float, UInt32)])
  func sequential(value: Float, hex: UInt32) {
    #expect(ColourMap.sequential.colour(value) == Colour(hex))
  }

  @Test("what is not a number is grey", arguments: ColourMap.allCases)
  func notFinite(map: ColourMap) {
    for value in [Float.nan, .infinity, -.infinity] { #expect(map.colour(value) == .notFinite) }
  }

  @Test("heat grows brighter and sequential darker all the way, so that a grey print keeps the order")
  func monotonous() {
    // White and pale blue are near each other: in steps of a hundredth no two neighbours round to the same colour.
    func luminances(_ map: ColourMap) -> [Double] { (0...100).map { map.colour(Float($0) / 100).luminance } }
    let (heat, sequential) = (luminances(.heat), luminances(.sequential))
    for (a, b) in zip(heat, heat.dropFirst()) { #expect(a < b) }
    for (a, b) in zip(sequential, sequential.dropFirst()) { #expect(a > b) }
  }
}
