import Foundation
import Rasters
import TestSupport
import Testing

@testable import Figures

@Suite struct PhotographOverlayTests {
  private let map = Raster<Float>(height: 1, width: 2, values: [0, 1])
  private let photograph = PixelArray(height: 4, width: 8, channels: 3, values: (0..<96).map { UInt8($0 * 2) })
  private var all: PhotographOverlay.Window { .init(x: 0, y: 0, width: 8, height: 4) }

  private func colours(_ overlay: PhotographOverlay) -> [UInt32] { Bitmap(pixels: overlay.pixels()).pixels }

  @Test("with hard pixels it is the overlay of the enlarged map on the photograph")
  func hard() {
    let scale = DisplayScale(low: 0, high: 1)
    let overlay = PhotographOverlay(photograph, window: all, layer: .heat(map, scale), opacity: 0.6, isSmooth: false)
    let enlarged = Raster<Float>(height: 4, width: 8, values: (0..<32).map { $0 % 8 < 4 ? 0 : 1 })
    let expected = MapPanel.Content.overlay(enlarged, scale, over: photograph.map { Float($0) / 255 }, opacity: 0.6)
      .bitmap(classColours: ClassColours(of: [])).pixels
    for (found, expected) in zip(colours(overlay), expected) {
      for shift in [0, 8, 16] as [UInt32] {
        #expect(abs(Int(found >> shift & 255) - Int(expected >> shift & 255)) <= 1)
      }
    }
  }

  @Test("smooth maps are linear between the middles of their pixels, and constant beyond")
  func smooth() {
    let white = PixelArray(repeating: 255, height: 1, width: 8, channels: 1)
    let overlay = PhotographOverlay(
      white, window: .init(x: 0, y: 0, width: 8, height: 1), layer: .signed(map, limit: 1), opacity: 1)
    let shares: [Float] = [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]
    let expected = shares.map { share -> [Int] in
      let colour = ColourMap.diverging.colour(0.6)
      return [colour.red, colour.green, colour.blue].map { Int((255 * (1 - share) + Float($0) * share).rounded()) }
    }
    for (pixel, expected) in zip(0..<8, expected) {
      for channel in 0..<3 { #expect(abs(Int(overlay.pixels()[0, pixel, channel]) - expected[channel]) <= 2) }
    }
  }

  @Test("what the classifier did not see is pale and grey, behind a line; what it saw keeps its colours without a map")
  func window() {
    let red = PixelArray(height: 10, width: 30, channels: 3, values: (0..<300).flatMap { _ in [200, 0, 0] as [UInt8] })
    let pixels = colours(
      PhotographOverlay(red, window: .init(x: 10, y: 2, width: 10, height: 6), layer: .nothing))
    // The luma of (200, 0, 0) is 60; a third of it and two thirds of white are 190.
    for y in 0..<10 {
      for x in 0..<30 {
        let isInside = (10..<20).contains(x) && (2..<8).contains(y)
        let isLine = !isInside && (9..<21).contains(x) && (1..<9).contains(y)
        #expect(pixels[y * 30 + x] == (isInside ? 0xC80000 : isLine ? 0x1A1A1A : 0xBEBEBE), "(\(x), \(y))")
      }
    }
  }

  @Test("odd sizes and values do not break it", arguments: [(1, 1), (1, 500), (3, 2)])
  func odd(height: Int, width: Int) {
    let grey = PixelArray(repeating: 9, height: height, width: width, channels: 1)
    let odd = Raster<Float>(height: 1, width: 3, values: [.nan, .infinity, 1])
    for layer in [
      .heat(odd, DisplayScale(of: odd)), .signed(odd, limit: 0),
      .heat(Raster(repeating: 0, height: 0, width: 0), .init(low: 0, high: 0)),
    ] as [PhotographOverlay.Layer] {
      for window in [(0.0, 0.0, Double(width), Double(height)), (-3, 0.2, 0, 0), (0.4, 0.4, 0.2, 9)] {
        let overlay = PhotographOverlay(
          grey, window: .init(x: window.0, y: window.1, width: window.2, height: window.3), layer: layer, opacity: 7)
        #expect(overlay.pixels().values.count == 3 * height * width)
      }
    }
  }
}
