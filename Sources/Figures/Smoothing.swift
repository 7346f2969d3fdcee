import Foundation
import Rasters

/// Smoothing for display: neighbouring pixels of a gradient differ in sign and size, which large maps show as speckle.
extension Raster<Float> {
  /// The first channel convolved with a Gaussian of `sigma` pixels that is cut off at 3 σ; beyond the borders nothing counts.
  ///
  /// - Returns: the raster itself where `sigma` is not above 0.
  public func smoothed(_ sigma: Double) -> Raster<Float> {
    guard sigma > 0, sigma.isFinite, height > 0, width > 0 else { return self }
    let reach = max(1, min(Int((3 * sigma).rounded(.up)), max(height, width)))
    let weights = (0...reach).map { Float(exp(-Double($0 * $0) / (2 * sigma * sigma))) }
    let first = channels == 1 ? values : (0..<height * width).map { values[$0 * channels] }
    let rows = Self.smoothedRows(first, height: height, width: width, weights)
    // The columns are the rows of what is turned over.
    let columns = Self.smoothedRows(
      Self.turned(rows, height: height, width: width), height: width, width: height, weights)
    return Raster(height: height, width: width, values: Self.turned(columns, height: width, width: height))
  }

  private static func smoothedRows(_ values: [Float], height: Int, width: Int, _ weights: [Float]) -> [Float] {
    var result = [Float](repeating: 0, count: values.count)
    for column in 0..<width {
      let inside = max(0, column - weights.count + 1)...min(width - 1, column + weights.count - 1)
      let shares = inside.map { weights[abs($0 - column)] }
      let total = shares.reduce(0, +)
      for row in 0..<height {
        var sum: Float = 0
        for (place, share) in zip(inside, shares) { sum += values[row * width + place] * share }
        result[row * width + column] = sum / total
      }
    }
    return result
  }

  private static func turned(_ values: [Float], height: Int, width: Int) -> [Float] {
    var result = [Float](repeating: 0, count: values.count)
    for row in 0..<height { for column in 0..<width { result[column * height + row] = values[row * width + column] } }
    return result
  }
}

extension Raster<Int> {
  /// Class indices and their strengths smoothed by a vote: of each pixel's neighbourhood the class with the largest strength in a
  /// Gaussian of `sigma` pixels wins, and its share is the strength. Negative indices, no class, do not vote.
  ///
  /// Cost: a smoothing for each class that occurs.
  public func voted(_ strength: Raster<Float>, smoothing sigma: Double) -> (
    classes: Raster<Int>, strength: Raster<Float>
  ) {
    guard sigma > 0 else { return (self, strength) }
    var winners = map { _ in -1 }
    var most = strength.map { _ in Float(0) }
    for index in Set(values).sorted() where index >= 0 {
      var own = strength
      for pixel in own.values.indices where values[pixel] != index { own.values[pixel] = 0 }
      for (pixel, share) in own.smoothed(sigma).values.enumerated() where share > most.values[pixel] {
        most.values[pixel] = share
        winners.values[pixel] = index
      }
    }
    return (winners, most)
  }
}
