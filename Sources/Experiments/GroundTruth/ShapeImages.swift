import Foundation
import Maps
import Rasters

/// A generated data set of which it is known what pixels matter: grey images of 32×32 with one shape each, brighter or darker than
/// the background, which makes two classes of every shape.
///
/// The background's level is uniform in 0.4…0.6 and the strokes differ from it by 0.2…0.28, so that neither says how bright the
/// image is on the whole, and no pixel of the shape and its surroundings is quite black or white. Three waves of any direction
/// and noise lie over it, and up to four blobs of either brightness beside the shape's surroundings: distractors that belong to
/// no class. The shape stands where all of its surroundings fit. An image depends on the seed, the part's name and its index
/// alone; classes follow one another.
package struct ShapeImages: LabelledImages {
  package let name: String
  package let labels: [Int32]
  package let seed: UInt64
  private let pixels: [UInt8]
  private let truths: [PixelTruth]

  /// Height and width.
  static let side = 32
  package var height: Int { Self.side }
  package var width: Int { Self.side }
  package var channels: Int { 1 }

  /// Every shape bright and dark.
  package static let classNames = Shape.allCases.flatMap { ["bright \($0.rawValue)", "dark \($0.rawValue)"] }
  package var classNames: [String] { Self.classNames }

  /// Draws the images. Cost: some 20 microseconds an image.
  ///
  /// - Parameters:
  ///   - part: e.g. `test`; parts of other names hold other images.
  ///   - seed: decides all that is random.
  package init(_ part: String, count: Int, seed: UInt64) {
    name = "shapes, \(part)"
    self.seed = seed
    labels = (0..<count).map { Int32($0 % Self.classNames.count) }
    // Parts are told apart by their names' bytes, whose hash must be the same on every machine (FNV-1a).
    let stream = part.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    var pixels: [UInt8] = []
    var truths: [PixelTruth] = []
    pixels.reserveCapacity(count * Self.side * Self.side)
    for index in 0..<count {
      var scene = Scene(label: Int(labels[index]), random: SplitMix64(seed: seed, stream: stream &+ UInt64(index)))
      pixels += scene.drawn()
      truths.append(scene.truth)
    }
    self.pixels = pixels
    self.truths = truths
  }

  /// What is known of an image's pixels.
  package func truth(_ index: Int) -> PixelTruth { truths[index] }

  package func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    var place = 0
    for index in indices {
      for pixel in index * imageSize..<(index + 1) * imageSize {
        buffer[place] = pixels[pixel]
        place += 1
      }
    }
  }
}

/// One image being drawn.
private struct Scene {
  private let shape: Shape
  private let isBright: Bool
  private let row: Int
  private let column: Int
  private var random: SplitMix64
  private let side = ShapeImages.side

  init(label: Int, random: SplitMix64) {
    shape = Shape.allCases[label / 2]
    isBright = label % 2 == 0
    var random = random
    let places = Shape.surroundings...side - 1 - Shape.surroundings
    row = Int.random(in: places, using: &random)
    column = Int.random(in: places, using: &random)
    self.random = random
  }

  var truth: PixelTruth { PixelTruth(shape, isBright: isBright, row: row, column: column, side: side) }

  mutating func drawn() -> [UInt8] {
    let background = Double.random(in: 0.4...0.6, using: &random)
    let contrast = Double.random(in: 0.2...0.28, using: &random)
    var levels = [Double](repeating: background, count: side * side)
    addWaves(&levels)
    for y in 0..<side {
      for x in 0..<side where shape.covers(row: y - row, column: x - column) {
        levels[y * side + x] += isBright ? contrast : -contrast
      }
    }
    addBlobs(&levels, contrast)
    return levels.map { level in
      let noise = Double.random(in: -0.05...0.05, using: &random)
      return UInt8(min(max(255 * (level + noise), 0), 255).rounded())
    }
  }

  private mutating func addWaves(_ levels: inout [Double]) {
    for _ in 0..<3 {
      let direction = Double.random(in: 0..<Double.pi, using: &random)
      let length = Double.random(in: 5...16, using: &random)
      let phase = Double.random(in: 0..<2 * Double.pi, using: &random)
      for y in 0..<side {
        for x in 0..<side {
          let along = Double(x) * cos(direction) + Double(y) * sin(direction)
          levels[y * side + x] += 0.02 * sin(2 * .pi * along / length + phase)
        }
      }
    }
  }

  private mutating func addBlobs(_ levels: inout [Double], _ contrast: Double) {
    for _ in 0..<4 {
      let radius = Int.random(in: 1...2, using: &random)
      let (y, x) = (
        Int.random(in: radius..<side - radius, using: &random), Int.random(in: radius..<side - radius, using: &random)
      )
      let isLighter = Bool.random(using: &random)
      guard max(abs(y - row), abs(x - column)) > Shape.surroundings + radius else { continue }
      for dy in -radius...radius {
        for dx in -radius...radius where dy * dy + dx * dx <= radius * radius + 1 {
          levels[(y + dy) * side + x + dx] += isLighter ? contrast : -contrast
        }
      }
    }
  }
}
