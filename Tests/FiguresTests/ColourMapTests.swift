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

  @Test("what is not a number is grey", arguments: ColourMap.allCases)
  func notFinite(map: ColourMap) {
    for value in [Float.nan, .infinity, -.infinity] { #expect(map.colour(value) == .notFinite) }
  }

  @Test("heat grows brighter all the way, so that a grey print keeps the order")
  func monotonous() {
    let luma = (0...200).map { step in
      let colour = ColourMap.heat.colour(Float(step) / 200)
      return 0.2126 * Double(colour.red) + 0.7152 * Double(colour.green) + 0.0722 * Double(colour.blue)
    }
    for (a, b) in zip(luma, luma.dropFirst()) { #expect(a < b) }
  }
}
