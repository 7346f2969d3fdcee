import Rasters

/// Opaque pixels as Cairo keeps them (`CAIRO_FORMAT_RGB24`: 0x00RRGGBB, rows top to bottom).
struct Bitmap {
  let width: Int
  let height: Int
  let pixels: [UInt32]

  /// The bitmap whose pixel number i (row-major) has the colour `colour(i)`.
  init(width: Int, height: Int, colour: (Int) -> Colour) {
    self.width = width
    self.height = height
    pixels = (0..<width * height).map { index in
      let colour = colour(index)
      return UInt32(colour.red) << 16 | UInt32(colour.green) << 8 | UInt32(colour.blue)
    }
  }

  /// Red–green–blue pixels.
  init(pixels: PixelArray) {
    let values = pixels.values
    self.init(width: pixels.width, height: pixels.height) {
      Colour(red: values[3 * $0], green: values[3 * $0 + 1], blue: values[3 * $0 + 2])
    }
  }

  /// A map in colours, `colour` of every value.
  init(map: Raster<Float>, colour: (Float) -> Colour) {
    self.init(width: map.width, height: map.height) { colour(map.values[$0 * map.channels]) }
  }

  /// The colour of pixel number `index` of a grey or red–green–blue picture, clamped to 0…1.
  static func colour(of picture: Raster<Float>, at index: Int) -> Colour {
    let first = index * picture.channels
    let offsets = picture.channels >= 3 ? (0, 1, 2) : (0, 0, 0)
    let (red, green, blue) = (
      picture.values[first + offsets.0], picture.values[first + offsets.1], picture.values[first + offsets.2]
    )
    guard red.isFinite, green.isFinite, blue.isFinite else { return .notFinite }
    func byte(_ value: Float) -> UInt8 { UInt8((min(max(value, 0), 1) * 255).rounded()) }
    return Colour(red: byte(red), green: byte(green), blue: byte(blue))
  }
}
