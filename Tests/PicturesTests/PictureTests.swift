import Foundation
import Pictures
import Rasters
import TestSupport
import Testing

/// The pictures in `Fixtures` are made by the script beside them; this is its formula.
private func formula(_ row: Int, _ column: Int, _ channel: Int) -> UInt8 {
  UInt8((16 * row + 5 * column + 60 * channel) % 256)
}

private func expected(channels: Int, _ value: (Int, Int, Int) -> UInt8 = formula) -> PixelArray {
  var pixels = PixelArray(repeating: 0, height: 8, width: 12, channels: channels)
  for row in 0..<8 {
    for column in 0..<12 {
      for channel in 0..<channels { pixels[row, column, channel] = value(row, column, channel) }
    }
  }
  return pixels
}

func fixture(_ name: String) throws -> URL {
  try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: nil), "no fixture \(name)")
}

private func greatestDifference(_ a: PixelArray, _ b: PixelArray) -> Int {
  zip(a.values, b.values).map { abs(Int($0) - Int($1)) }.max() ?? 0
}

@Suite struct PictureTests {
  @Test(arguments: [
    "rgb.png", "rgb.bmp", "top-down.bmp", "rgb.tif", "rgb.webp", "rgb16.png", "opaque-alpha.png", "profile.png",
  ])
  func readsColourExactly(name: String) throws {
    let picture = try Picture.read(fixture(name))
    #expect(picture.pixels == expected(channels: 3))
    #expect(!picture.hadTransparency)
  }

  @Test(arguments: ["grey.png", "grey.tif", "grey16.png", "grey16.tif"])
  func keepsGreyInOneChannel(name: String) throws {
    #expect(try Picture.read(fixture(name)).pixels == expected(channels: 1))
  }

  /// At quality 100 rounding and the colour transform cost a few levels. WebP always stores colours at half the resolution,
  /// so its picture is grey in three channels.
  @Test(arguments: [("rgb.jpg", 3), ("progressive.jpg", 3), ("grey.jpg", 1), ("lossy.webp", 3)])
  func readsLossyFormats(name: String, channels: Int) throws {
    let pixels = try Picture.read(fixture(name)).pixels
    let wanted = expected(channels: channels) { formula($0, $1, name == "lossy.webp" ? 0 : $2) }
    #expect(pixels.channels == channels)
    #expect(greatestDifference(pixels, wanted) <= 4)
  }

  @Test(arguments: ["bilevel.png", "bilevel.tif"])
  func readsOneBit(name: String) throws {
    let pixels = expected(channels: 1) { formula($0, $1, $2) > 100 ? 255 : 0 }
    #expect(try Picture.read(fixture(name)).pixels == pixels)
  }

  static func paletteColour(_ row: Int, _ column: Int, _ channel: Int) -> UInt8 {
    let index = column / 3 + 4 * (row / 4)
    return UInt8([30 * index, 255 - 20 * index, 10 * index][channel])
  }

  @Test(arguments: ["palette.png", "palette.bmp", "palette.tif", "animated.gif", "pages.tif"])
  func resolvesPalettesAndTakesTheFirstFrame(name: String) throws {
    #expect(try Picture.read(fixture(name)).pixels == expected(channels: 3, Self.paletteColour))
  }

  @Test(arguments: ["palette-transparent.png", "palette-transparent.gif"])
  func laysTransparentPaletteEntriesOverWhite(name: String) throws {
    let picture = try Picture.read(fixture(name))
    let pixels = expected(channels: 3) { row, column, channel in
      row < 4 && column < 3 ? 255 : Self.paletteColour(row, column, channel)
    }
    #expect(picture.pixels == pixels)
    #expect(picture.hadTransparency)
  }

  /// value × alpha + 255 × (1 − alpha); one level of rounding.
  @Test(arguments: [
    ("rgba.png", 3), ("rgba.webp", 3), ("rgba.tif", 3), ("rgba16.png", 3), ("grey-alpha.png", 1),
  ])
  func laysAlphaOverWhite(name: String, channels: Int) throws {
    let picture = try Picture.read(fixture(name))
    let pixels = expected(channels: channels) { row, column, channel in
      let alpha = column < 6 ? 255 : column < 11 ? 0 : 128
      return UInt8((Int(formula(row, column, channel)) * alpha + 255 * (255 - alpha)) / 255)
    }
    #expect(picture.hadTransparency)
    #expect(picture.pixels.channels == channels)
    #expect(greatestDifference(picture.pixels, pixels) <= 1)
  }

  /// Paper white, and what each ink takes away. The common profile's inks are those of a press, not pure ones.
  @Test(arguments: [("cmyk.tif", 1), ("cmyk.jpg", 8)])
  func convertsInksToLight(name: String, scale: Int) throws {
    let pixels = try Picture.read(fixture(name)).pixels
    func colour(at column: Int) -> [UInt8] { (0..<3).map { pixels[4 * scale, column * scale, $0] } }
    #expect(pixels.channels == 3)
    #expect(colour(at: 0).allSatisfy { $0 > 250 })
    let (cyan, magenta, yellow, black) = (colour(at: 2), colour(at: 4), colour(at: 6), colour(at: 8))
    #expect(cyan[0] < 60 && cyan[1] > 120 && cyan[2] > 200)
    #expect(magenta[0] > 200 && magenta[1] < 60 && magenta[2] > 100)
    #expect(yellow[0] > 230 && yellow[1] > 210 && yellow[2] < 60)
    #expect(black.allSatisfy { $0 < 60 })
  }

  /// The fixture's own profile makes every ink mid-grey, L = 50, which is 119 in sRGB; bare paper, left of them, stays white.
  @Test func usesTheEmbeddedProfileOfInks() throws {
    let pixels = try Picture.read(fixture("cmyk-profile.tif")).pixels
    let inked = expected(channels: 3) { _, column, _ in column < 2 || column > 9 ? 255 : 119 }
    #expect(greatestDifference(pixels, inked) <= 1)
  }

  @Test func readsASinglePixel() throws {
    let pixels = try Picture.read(fixture("one-pixel.png")).pixels
    #expect(pixels == PixelArray(height: 1, width: 1, channels: 3, values: [0, 60, 120]))
  }

  /// Where the upright picture's pixel (row, column) is stored, straight from the EXIF standard: which sides of the scene
  /// the stored first row and first column are.
  private static func stored(_ orientation: Int, _ row: Int, _ column: Int, _ height: Int, _ width: Int) -> (Int, Int) {
    switch orientation {
    case 1: (row, column)  // top, left
    case 2: (row, width - 1 - column)  // top, right
    case 3: (height - 1 - row, width - 1 - column)  // bottom, right
    case 4: (height - 1 - row, column)  // bottom, left
    case 5: (column, row)  // left, top
    case 6: (width - 1 - column, row)  // right, top
    case 7: (width - 1 - column, height - 1 - row)  // right, bottom
    default: (column, height - 1 - row)  // left, bottom
    }
  }

  @Test(arguments: ["png", "webp", "tif", "jpg"], 1...8)
  func appliesOrientation(format: String, orientation: Int) throws {
    let asStored = try Picture.read(fixture("orientation-1.\(format)")).pixels
    if format != "jpg" { #expect(asStored == expected(channels: 3)) }
    let pixels = try Picture.read(fixture("orientation-\(orientation).\(format)")).pixels
    #expect(pixels.height == (orientation < 5 ? asStored.height : asStored.width))
    #expect(pixels.width == (orientation < 5 ? asStored.width : asStored.height))
    for row in 0..<pixels.height {
      for column in 0..<pixels.width {
        let (r, c) = Self.stored(orientation, row, column, pixels.height, pixels.width)
        for channel in 0..<pixels.channels { #expect(pixels[row, column, channel] == asStored[r, c, channel]) }
      }
    }
  }

  @Test(arguments: ["naïve 画像.png", "with space.png", "photo[page=1].png", "100%41.png", "#1?.png", "wrong.jpg"])
  func readsWhateverTheName(name: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(at: fixture("rgb.png"), to: folder.file(name))
    #expect(try Picture.read(folder.file(name)).pixels == expected(channels: 3))
  }

  @Test func decodesOnManyTasksAtOnce() async throws {
    let names = ["rgb.png", "rgb.tif", "rgb.webp", "rgb.bmp", "orientation-1.png"]
    let urls = try names.map(fixture)
    let wanted = expected(channels: 3)
    let right = try await withThrowingTaskGroup(of: Bool.self) { group in
      for i in 0..<200 { group.addTask { try Picture.read(urls[i % urls.count]).pixels == wanted } }
      return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
    }
    #expect(right == 200)
  }
}
