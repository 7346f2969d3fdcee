import Foundation
import Rasters

/// N. Dalal, B. Triggs, *Histograms of Oriented Gradients for Human Detection*, 2005: a description of a picture by the directions
/// of its edges.
enum OrientedGradients {
  private static let cell = 8
  private static let block = 2
  private static let bins = 9
  /// Pictures must have at least so many rows and columns.
  static let least = cell * block

  /// The descriptor of a picture of one channel: cells of 8×8 pixels, 9 directions of 20° each without sign, a pixel's magnitude
  /// counted for one of them; blocks of 2×2 cells at every place, each divided by its length, cut off at 0.2 and divided again
  /// (L2-Hys). Slopes are central differences, zero at the border; rows and columns beyond the last whole cell are left out.
  /// These are the conventions of scikit-image's `hog`.
  ///
  /// - Returns: empty for pictures smaller than one block.
  static func descriptor(of picture: Raster<Float>) -> [Double] {
    let (rows, columns) = (picture.height / cell, picture.width / cell)
    guard rows >= block, columns >= block else { return [] }
    let cells = histograms(picture, rows: rows, columns: columns)
    var descriptor: [Double] = []
    for row in 0...rows - block {
      for column in 0...columns - block {
        var values = (0..<block * block).flatMap { place in
          cells[(row + place / block) * columns + column + place % block]
        }
        values = normalized(normalized(values).map { min($0, 0.2) })
        descriptor += values
      }
    }
    return descriptor
  }

  private static func histograms(_ picture: Raster<Float>, rows: Int, columns: Int) -> [[Double]] {
    let (height, width) = (picture.height, picture.width)
    var cells = [[Double]](repeating: Array(repeating: 0, count: bins), count: rows * columns)
    func at(_ row: Int, _ column: Int) -> Double { Double(picture.values[row * width + column]) }
    for row in 0..<rows * cell {
      for column in 0..<columns * cell {
        let down = row > 0 && row < height - 1 ? at(row + 1, column) - at(row - 1, column) : 0
        let across = column > 0 && column < width - 1 ? at(row, column + 1) - at(row, column - 1) : 0
        let magnitude = (down * down + across * across).squareRoot()
        guard magnitude > 0 else { continue }
        let degrees = (atan2(down, across) * 180 / .pi + 360).truncatingRemainder(dividingBy: 180)
        let bin = min(Int(degrees * Double(bins) / 180), bins - 1)
        cells[row / cell * columns + column / cell][bin] += magnitude / Double(cell * cell)
      }
    }
    return cells
  }

  private static func normalized(_ values: [Double]) -> [Double] {
    let length = (values.reduce(0) { $0 + $1 * $1 } + 1e-10).squareRoot()
    return values.map { $0 / length }
  }
}
