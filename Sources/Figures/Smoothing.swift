import Foundation
import Rasters

/// Smoothing for display: neighbouring pixels of a gradient differ in sign and size, which large maps show as speckle.
extension Raster<Float> {
  /// The first channel convolved with a Gaussian of `sigma` pixels that is cut off at 3 σ; beyond the borders nothing counts.
  ///
  /// - Returns: the raster itself where `sigma` is not above 0.
  package func smoothed(_ sigma: Double) -> Raster<Float> {
    guard sigma > 0, sigma.isFinite, height > 0, width > 0 else { return self }
    let reach = max(1, min(Int((3 * sigma).rounded(.up)), max(height, width)))
    let weights = (0...reach).map { Float(exp(-Double($0 * $0) / (2 * sigma * sigma))) }
    let first = channels == 1 ? values : (0..<height * width).map { values[$0 * channels] }
    let down = Self.smoothed(first, lines: height, length: width, weights)
    // Twice turned over, it is as it was.
    return Raster(height: height, width: width, values: Self.smoothed(down, lines: width, length: height, weights))
  }

  /// Smooths every line, and turns the result over: [lines, length] → [length, lines].
  private static func smoothed(_ values: [Float], lines: Int, length: Int, _ weights: [Float]) -> [Float] {
    let totals = (0..<length).map { place in
      (max(0, place - weights.count + 1)...min(length - 1, place + weights.count - 1))
        .reduce(Float(0)) { $0 + weights[abs($1 - place)] }
    }
    // Plain loops over memory, because every large map that is drawn goes through them, in builds without optimisation, too.
    return [Float](unsafeUninitializedCapacity: values.count) { result, count in
      values.withUnsafeBufferPointer { values in
        weights.withUnsafeBufferPointer { weights in
          var line = 0
          while line < lines {
            let start = line * length
            var place = 0
            while place < length {
              var sum = values[start + place] * weights[0]
              var distance = 1
              while distance < weights.count {
                if place >= distance { sum += values[start + place - distance] * weights[distance] }
                if place + distance < length { sum += values[start + place + distance] * weights[distance] }
                distance += 1
              }
              result[place * lines + line] = sum / totals[place]
              place += 1
            }
            line += 1
          }
        }
      }
      count = values.count
    }
  }
}

extension Raster<Int> {
  /// Class indices and their strengths smoothed by a vote: of each pixel's neighbourhood the class with the largest strength in a
  /// Gaussian of `sigma` pixels wins, and its share is the strength. Negative indices, no class, do not vote.
  ///
  /// Cost: a smoothing for each class that occurs.
  package func voted(_ strength: Raster<Float>, smoothing sigma: Double) -> (
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
