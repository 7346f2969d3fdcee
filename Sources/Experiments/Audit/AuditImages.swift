import Foundation
import Maps
import Rasters
import Tensors

/// Images to check a classifier with, as its ``Preprocessing`` makes them: in 0…1 and of its input size.
public enum AuditImages {
  /// Images that are made up: a few soft spots and waves in every channel, with some noise, so that they are as smooth as
  /// photographs. The same `seed` gives the same images.
  public static func generated(for preprocessing: Preprocessing, count: Int, seed: UInt64 = 0) -> [Raster<Float>] {
    (0..<count).map { index in
      var random = SplitMix64(seed: seed, stream: UInt64(index))
      return image(preprocessing, &random)
    }
  }

  /// `count` images of a data set, spread evenly over its order; all where it has no more.
  @TorchActor public static func taken(
    from images: any LabelledImages, for classifier: any Classifier, count: Int
  ) throws -> [Raster<Float>] {
    let chosen = images.limited(to: count)
    return try (0..<chosen.count).map { index in
      try Preprocessing.raster(from: ClassificationReport.batch(index..<index + 1, of: chosen, for: classifier))
    }
  }

  private static func image(_ wanted: Preprocessing, _ random: inout SplitMix64) -> Raster<Float> {
    var image = Raster<Float>(
      repeating: 0, height: wanted.height, width: wanted.width, channels: wanted.channels)
    for channel in 0..<wanted.channels {
      let base = Float.random(in: 0.3...0.7, using: &random)
      let spots = (0..<4).map { _ in
        (
          x: Float.random(in: 0...1, using: &random), y: Float.random(in: 0...1, using: &random),
          size: Float.random(in: 0.05...0.3, using: &random), height: Float.random(in: -0.5...0.5, using: &random)
        )
      }
      let (across, down) = (Float.random(in: -20...20, using: &random), Float.random(in: -20...20, using: &random))
      for row in 0..<wanted.height {
        for column in 0..<wanted.width {
          let (x, y) = (Float(column) / Float(wanted.width), Float(row) / Float(wanted.height))
          var value = base + 0.1 * sin(across * x + down * y) + Float.random(in: -0.03...0.03, using: &random)
          for spot in spots {
            let (dx, dy) = ((x - spot.x) / spot.size, (y - spot.y) / spot.size)
            value += spot.height * exp(-dx * dx - dy * dy)
          }
          image[row, column, channel] = min(max(value, 0), 1)
        }
      }
    }
    return image
  }
}
