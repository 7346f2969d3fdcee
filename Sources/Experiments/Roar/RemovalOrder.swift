import Foundation
import Rasters

/// The order in which the pixels of a set of images are removed: a number for each, its place from 0, in one array [N, H·W].
struct RemovalOrder: Sendable {
  /// What stands for a pixel that is never removed.
  static let never = UInt16.max

  /// Images may have so many pixels.
  static let mostPixels = Int(never)

  private let places: Data
  let pixels: Int

  /// - Parameter places: little-endian numbers of 16 bits, such as ``places(of:)`` makes, image by image.
  /// - Precondition: there are whole images.
  init(_ places: Data, pixels: Int) {
    precondition(pixels > 0 && places.count % (2 * pixels) == 0, "an order has a place for every pixel")
    self.places = places
    self.pixels = pixels
  }

  var count: Int { places.count / (2 * pixels) }

  /// The places of one map's pixels: the highest value first, the lower row-major index first among equals, and never one whose
  /// value is zero, for it is not in the map's set.
  ///
  /// - Precondition: no value is negative, and there are fewer than 65,535.
  static func places(of map: [Float]) -> Data {
    precondition(map.count < mostPixels, "places have 16 bits")
    var places = [UInt16](repeating: never, count: map.count)
    let order = map.indices.filter { map[$0] > 0 }.sorted { (-map[$0], $0) < (-map[$1], $1) }
    for (place, pixel) in order.enumerated() { places[pixel] = UInt16(place) }
    return places.map(\.littleEndian).withUnsafeBytes { Data($0) }
  }

  /// How many pixels a fraction of them are: ⌊f·P + ½⌋.
  func limit(_ fraction: Double) -> Int { Int((fraction * Double(pixels) + 0.5).rounded(.down)) }

  /// Calls `body` with the index of every pixel of an image that is removed.
  func forRemoved(of image: Int, fraction: Double, _ body: (Int) -> Void) {
    let limit = limit(fraction)
    places.withUnsafeBytes { bytes in
      for pixel in 0..<pixels {
        let place = UInt16(
          littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * (image * pixels + pixel), as: UInt16.self))
        if place != Self.never, place < limit { body(pixel) }
      }
    }
  }

  /// The mean share of the pixels that is really removed, 0…1.
  func removedShare(_ fraction: Double) -> Double {
    var removed = 0
    for image in 0..<count { forRemoved(of: image, fraction: fraction) { _ in removed += 1 } }
    return Double(removed) / Double(max(1, count * pixels))
  }
}
