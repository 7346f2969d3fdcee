import Foundation
import Rasters
import TestSupport

@testable import Figures

/// Made-up pictures and maps with which the tests draw.
enum Examples {
  /// A disc on a slope of two colours, values 0…1.
  static func picture(height: Int, width: Int) -> Raster<Float> {
    var picture = Raster<Float>(repeating: 0, height: height, width: width, channels: 3)
    for y in 0..<height {
      for x in 0..<width {
        let (u, v) = (Float(x) / Float(width), Float(y) / Float(height))
        let inside = hypot(u - 0.5, v - 0.5) < 0.3
        picture[y, x, 0] = inside ? 0.9 : 0.3 * u + 0.2
        picture[y, x, 1] = inside ? 0.6 : 0.5
        picture[y, x, 2] = inside ? 0.2 : 0.4 + 0.5 * v
      }
    }
    return picture
  }

  /// Noise of both signs that is strongest along a ring.
  static func map(height: Int, width: Int, seed: UInt64) -> Raster<Float> {
    var generator = SeededGenerator(seed: seed)
    let noise = generator.floats(height * width)
    var map = Raster<Float>(height: height, width: width, values: noise)
    for y in 0..<height {
      for x in 0..<width {
        let distance = hypot(Float(x) / Float(width) - 0.5, Float(y) / Float(height) - 0.5)
        map[y, x] *= exp(-60 * (distance - 0.3) * (distance - 0.3))
      }
    }
    return map
  }

  static func magnitude(_ map: Raster<Float>) -> Raster<Float> { map.map { abs($0) } }

  static func panels(height: Int, width: Int, seed: UInt64) -> [MapPanel] {
    let map = map(height: height, width: width, seed: seed)
    let views: [(String, Raster<Float>)] = [
      ("Original", magnitude(map)), ("Positive", map.map { max($0, 0) }), ("Negative", map.map { max(-$0, 0) }),
    ]
    return [MapPanel(title: "Input", content: .picture(picture(height: height, width: width)))]
      + views.map { MapPanel(title: $0, content: .heat($1, DisplayScale(of: $1, percentile: 99.5))) }
  }

  static func rivalry(height: Int, width: Int, classes: Int) -> MapPanel {
    let strength = magnitude(map(height: height, width: width, seed: 9))
    let indices = (0..<height * width).map { ($0 % width * classes / width + $0 / width / 5) % classes }
    return MapPanel(
      title: "Rivalry",
      content: .classes(Raster(height: height, width: width, values: indices), strength: strength))
  }

  static let heatBar = MapFigure.ColourBar(
    map: .heat, ticks: ["lowest", "highest"],
    caption: "Each map is scaled on its own; the brightest 0.5% of the pixels are clipped.")
  static let signedBar = MapFigure.ColourBar(
    map: .diverging, ticks: ["−", "0", "+"], caption: "Red: a brighter pixel raises the score; blue: it lowers it.")
}
