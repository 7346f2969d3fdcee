import Foundation
import Rasters
import TestSupport
import Testing

@testable import Experiments

@Suite(.slow) struct RemovedPixelsTests {
  @Test("the highest values first, the lower index first among equals, zeros never")
  func places() {
    let never = UInt16.max
    let data = RemovalOrder.places(of: [0.5, 0, 2, 0.5, 1, 0])
    let places = stride(from: 0, to: data.count, by: 2).map { UInt16(data[$0]) | UInt16(data[$0 + 1]) << 8 }
    #expect(places == [2, never, 0, 3, 1, never])
  }

  @Test("removed pixels have the colour in all channels, all others are as they were", arguments: [0.0, 0.25, 0.5, 1])
  func removed(fraction: Double) {
    let images = Noise(count: 5, classes: 2, height: 4, width: 6, channels: 3)
    var random = SeededGenerator(seed: 1)
    // Every third pixel is in no map.
    let maps = (0..<5).map { _ in random.floats(24, in: 0.1...1).enumerated().map { $0 % 3 == 0 ? 0 : $1 } }
    let order = RemovalOrder(maps.map(RemovalOrder.places).reduce(Data(), +), pixels: 24)
    let removed = RemovedPixels(images, order: order, fraction: fraction, colour: [1, 2, 3])
    var total = 0
    for (place, pixels) in [removed[3], removed[0]].enumerated() {
      let (map, before) = (maps[[3, 0][place]], images[[3, 0][place]])
      let chosen = Set(
        map.indices.filter { map[$0] > 0 }.sorted { map[$0] > map[$1] }.prefix(Int(fraction * 24 + 0.5)))
      for pixel in 0..<24 {
        let values = Array(pixels.values[3 * pixel..<3 * pixel + 3])
        #expect(values == (chosen.contains(pixel) ? [1, 2, 3] : Array(before.values[3 * pixel..<3 * pixel + 3])))
      }
      total = chosen.count
    }
    #expect(order.removedShare(fraction) == Double(total) / 24)
    #expect(removed.labels == images.labels && removed.classNames == images.classNames)
    // Several images at once, in any order, are the same.
    let both = removed.pixels(of: [3, 0])
    #expect(both == removed[3].values + removed[0].values)
  }

  @Test("the mean colour, channel by channel")
  func meanColour() {
    let images = Noise(count: 7, classes: 2, height: 3, width: 5, channels: 3)
    let expected = (0..<3).map { channel -> UInt8 in
      let values = (0..<7).flatMap { image in
        (0..<15).map { Double(images[image].values[3 * $0 + channel]) }
      }
      return UInt8((values.reduce(0, +) / Double(values.count)).rounded())
    }
    #expect(RemovedPixels.meanColour(of: images) == expected)
  }
}
