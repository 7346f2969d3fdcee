import Rasters
import Testing

@testable import Figures

@Suite struct MapPanelTests {
  private let none = ClassColours(of: [])

  private func pixels(_ content: MapPanel.Content) -> [UInt32] { content.bitmap(classColours: none).pixels }
  private func row(_ values: [Float], channels: Int = 1) -> Raster<Float> {
    Raster(height: 1, width: values.count / channels, channels: channels, values: values)
  }

  @Test("grey and coloured pictures, clamped; what is not finite is grey")
  func pictures() {
    #expect(pixels(.picture(row([0, 0.2, 1, 7, .nan]))) == [0x000000, 0x333333, 0xFFFFFF, 0xFFFFFF, 0x808080])
    #expect(pixels(.picture(row([1, 0, 0.2, 0, .infinity, 0], channels: 3))) == [0xFF0033, 0x808080])
  }

  @Test("heat and signed maps take the colours of their maps")
  func maps() {
    #expect(pixels(.heat(row([1, 3, .nan]), DisplayScale(low: 1, high: 3))) == [0x000000, 0xFFFFFF, 0x808080])
    #expect(pixels(.signed(row([-2, 0, 4, .nan]), limit: 2)) == [0x053061, 0xFFFFFF, 0x67001F, 0x808080])
    #expect(pixels(.signed(row([0, 0]), limit: 0)) == [0xFFFFFF, 0xFFFFFF])
  }

  @Test("an overlay shows the greyed picture at the bottom of the scale and heat by its opacity at the top")
  func overlay() {
    let picture = row([1, 0, 0, 1, 0, 0, 1, 0, 0], channels: 3)
    let scale = DisplayScale(low: 0, high: 1)
    // The luma of red is 0.299 · 255 = 76; half of the way from there to white is 166.
    #expect(pixels(.overlay(row([0, 1, .nan]), scale, over: picture, opacity: 0.5)) == [0x4C4C4C, 0xA6A6A6, 0x808080])
  }

  @Test("classes fade to white with the square root of their strength")
  func classes() {
    let classes = Raster(height: 1, width: 4, values: [5, 5, 5, -1])
    let content = MapPanel.Content.classes(classes, strength: row([1, 0.25, .nan, 1]))
    let colours = ClassColours(of: [content])
    #expect(content.bitmap(classColours: colours).pixels == [0x4477AA, 0xA2BBD5, 0x808080, 0xFFFFFF])
  }
}
