import Testing

@testable import Figures

@Suite struct ColourTests {
  @Test(
    "luminance is that of WCAG 2.1",
    arguments: [
      (0x000000, 0), (0xFFFFFF, 1), (0xFF0000, 0.2126), (0x00FF00, 0.7152), (0x0000FF, 0.0722), (0x808080, 0.2158605),
    ] as [(UInt32, Double)])
  func luminance(hex: UInt32, expected: Double) {
    #expect(abs(Colour(hex).luminance - expected) < 1e-6)
  }

  @Test("contrast is 21 between black and white, whichever comes first, and 1 between equals")
  func contrast() {
    #expect(abs(Colour(0).contrast(to: .white) - 21) < 1e-9)
    #expect(abs(Colour.white.contrast(to: Colour(0)) - 21) < 1e-9)
    #expect(Colour.ink.contrast(to: .ink) == 1)
  }

  @Test("text can be read on every colour of every map", arguments: ColourMap.allCases)
  func textColour(map: ColourMap) {
    #expect(Colour.white.textColour == .ink && Colour(0).textColour == .white)
    for step in 0...400 {
      let (low, high) = (map.range.lowerBound, map.range.upperBound)
      let colour = map.colour(low + (high - low) * Float(step) / 400)
      // Where white and ink are equally far away, their contrast is √(1.05 ÷ (ink's luminance + 0.05)) = 4.17.
      #expect(colour.contrast(to: colour.textColour) > 4.1)
    }
  }
}
