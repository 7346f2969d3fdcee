import Foundation
import Rasters
import Testing

/// Reads a NumPy file of float32 with two axes.
public func readNumPy(_ url: URL) throws -> Raster<Float> {
  let file = try Data(contentsOf: url)
  try #require(file.count > 10 && file.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]))
  let start = 10 + Int(file[8]) + Int(file[9]) << 8
  let header = String(decoding: file[10..<start], as: UTF8.self)
  let match = try #require(
    header.wholeMatch(of: #/\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n/#))
  let (height, width) = (try #require(Int(match.1)), try #require(Int(match.2)))
  try #require(file.count == start + 4 * height * width)
  let values = (0..<height * width).map { index in
    Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(file[start + 4 * index + $1]) << (8 * UInt32($1)) })
  }
  return Raster(height: height, width: width, values: values)
}
