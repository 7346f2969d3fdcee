import Maps
import Rasters

/// A map that knows nothing of a model: what a map of a model has to be better than.
public enum ControlMap: String, Sendable, CaseIterable, Codable {
  /// Uniform random numbers, other ones for every image.
  case random
  /// The edges of the image: the magnitude of its slope by the 3×3 operator of I. Sobel and G. Feldman, 1968, the largest over
  /// the channels. Pixels beyond the border are as the nearest one in it.
  case sobel

  /// - Parameter view: the one that it stands beside; nil: all.
  func name(beside view: (any View)? = nil) -> MapName {
    .control(self == .random ? .random : .sobel, view: view?.name ?? "")
  }

  /// The map of an image, no value of it negative.
  ///
  /// - Parameters:
  ///   - index: where the image stands in its data set, which with the seed decides the random numbers.
  public func map(of image: Raster<Float>, index: Int, seed: UInt64) -> Raster<Float> {
    switch self {
    case .random:
      var random = SplitMix64(seed: seed, stream: UInt64(index))
      return Raster(
        height: image.height, width: image.width,
        values: (0..<image.height * image.width).map { _ in Float(random.next() >> 40) / Float(1 << 24) })
    case .sobel: return Self.edges(of: image)
    }
  }

  private static func edges(of image: Raster<Float>) -> Raster<Float> {
    var edges = Raster<Float>(repeating: 0, height: image.height, width: image.width)
    for row in 0..<image.height {
      let rows = (-1...1).map { min(max(row + $0, 0), image.height - 1) }
      for column in 0..<image.width {
        let columns = (-1...1).map { min(max(column + $0, 0), image.width - 1) }
        for channel in 0..<image.channels {
          func at(_ y: Int, _ x: Int) -> Float { image[rows[y], columns[x], channel] }
          let x = at(0, 2) + 2 * at(1, 2) + at(2, 2) - at(0, 0) - 2 * at(1, 0) - at(2, 0)
          let y = at(2, 0) + 2 * at(2, 1) + at(2, 2) - at(0, 0) - 2 * at(0, 1) - at(0, 2)
          edges[row, column] = max(edges[row, column], (x * x + y * y).squareRoot())
        }
      }
    }
    return edges
  }
}
