import Foundation
import Rasters

/// Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, *Image Quality Assessment: From Error Visibility to Structural Similarity*,
/// 2004: how alike two pictures are in brightness, contrast and structure.
enum StructuralSimilarity {
  /// Pictures must have at least so many rows and columns.
  static let window = 11
  private static let deviation = 1.5
  /// K1 = 0.01 and K2 = 0.03 for values in 0…1.
  private static let constants = (0.01 * 0.01, 0.03 * 0.03)

  /// The mean of (2μ_a μ_b + c₁)(2σ_ab + c₂) / ((μ_a² + μ_b² + c₁)(σ_a² + σ_b² + c₂)) over all places where the window, 11×11
  /// weights of a normal distribution with deviation 1.5 pixels, lies in the pictures: −1…1, 1 for equal ones.
  ///
  /// - Parameters: pictures of the same size, of one channel, values in 0…1.
  /// - Returns: nil for pictures that the window does not fit in.
  static func between(_ a: Raster<Float>, _ b: Raster<Float>) -> Double? {
    precondition(a.height == b.height && a.width == b.width, "pictures of the same size are compared")
    guard a.height >= window, a.width >= window else { return nil }
    let (x, y) = (a.values.map(Double.init), b.values.map(Double.init))
    func local(_ values: [Double]) -> [Double] { smoothed(values, height: a.height, width: a.width) }
    func product(_ p: [Double], _ q: [Double]) -> [Double] { p.indices.map { p[$0] * q[$0] } }
    let (meanX, meanY) = (local(x), local(y))
    let (xx, yy, xy) = (local(product(x, x)), local(product(y, y)), local(product(x, y)))
    var sum = 0.0
    for place in meanX.indices {
      let (mx, my) = (meanX[place], meanY[place])
      let (vx, vy, vxy) = (xx[place] - mx * mx, yy[place] - my * my, xy[place] - mx * my)
      sum +=
        (2 * mx * my + constants.0) * (2 * vxy + constants.1)
        / ((mx * mx + my * my + constants.0) * (vx + vy + constants.1))
    }
    return sum / Double(meanX.count)
  }

  private static let weights: [Double] = {
    let reach = window / 2
    let weights = (-reach...reach).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }()

  /// The weighted mean at every place where the window fits, rows first and then columns.
  private static func smoothed(_ values: [Double], height: Int, width: Int) -> [Double] {
    let narrow = width - window + 1
    var rows = [Double](repeating: 0, count: height * narrow)
    for row in 0..<height {
      for column in 0..<narrow {
        var sum = 0.0
        for offset in 0..<window { sum += weights[offset] * values[row * width + column + offset] }
        rows[row * narrow + column] = sum
      }
    }
    var result = [Double](repeating: 0, count: (height - window + 1) * narrow)
    for row in 0..<height - window + 1 {
      for offset in 0..<window {
        for column in 0..<narrow {
          result[row * narrow + column] += weights[offset] * rows[(row + offset) * narrow + column]
        }
      }
    }
    return result
  }
}
