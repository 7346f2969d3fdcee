import Foundation
import Rasters
import TestSupport
import Testing

@testable import Figures

@Suite struct SmoothingTests {
  /// The weighted mean of all neighbours within 3 σ in both directions, pixel by pixel.
  private func slow(_ map: Raster<Float>, _ sigma: Double) -> [Float] {
    let reach = Int((3 * sigma).rounded(.up))
    return (0..<map.height * map.width).map { pixel in
      let (y, x) = (pixel / map.width, pixel % map.width)
      var (sum, total) = (0.0, 0.0)
      for dy in -reach...reach where map.height > y + dy && y + dy >= 0 {
        for dx in -reach...reach where map.width > x + dx && x + dx >= 0 {
          let weight = exp(-Double(dy * dy + dx * dx) / (2 * sigma * sigma))
          sum += weight * Double(map[y + dy, x + dx])
          total += weight
        }
      }
      return Float(sum / total)
    }
  }

  @Test("a smoothed map is the weighted mean of each pixel's neighbours", arguments: [0.3, 1, 2.5])
  func mean(sigma: Double) {
    let map = Examples.map(height: 11, width: 17, seed: 3)
    expectClose(map.smoothed(sigma).values, slow(map, sigma), absolute: 1e-5)
  }

  @Test("a constant map stays as it is, up to its borders")
  func constant() {
    expectClose(
      Raster<Float>(repeating: 3, height: 5, width: 40).smoothed(2).values, Array(repeating: 3, count: 200),
      absolute: 1e-5)
  }

  @Test("without σ, and of nothing, there is nothing to smooth", arguments: [0, -1, .nan, .infinity])
  func none(sigma: Double) {
    let map = Examples.map(height: 4, width: 4, seed: 1)
    #expect(map.smoothed(sigma) == map)
    #expect(Raster<Float>(repeating: 0, height: 0, width: 0).smoothed(1).values == [])
  }

  @Test("the class with the largest share of a neighbourhood wins the vote; no class has none")
  func vote() {
    // One strong pixel of class 7 among weak ones of class 2, and pixels without class at the right.
    var classes = Raster<Int>(repeating: 2, height: 1, width: 21)
    var strength = Raster<Float>(repeating: 0.1, height: 1, width: 21)
    classes[0, 5] = 7
    strength[0, 5] = 1
    for column in 16..<21 { classes[0, column] = -1 }
    let voted = classes.voted(strength, smoothing: 1)
    #expect(voted.classes.values[..<14] == [2, 2, 2, 2, 7, 7, 7, 2, 2, 2, 2, 2, 2, 2])
    #expect(voted.classes[0, 20] == -1 && voted.strength[0, 20] == 0)
    var own = strength
    for column in 0..<21 where column != 5 { own[0, column] = 0 }
    expectClose([voted.strength[0, 5]], [own.smoothed(1)[0, 5]], absolute: 1e-7)
    #expect(classes.voted(strength, smoothing: 0).classes == classes)
  }
}
