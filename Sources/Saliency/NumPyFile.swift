import Foundation
import Rasters

/// NumPy's .npy format, version 1.0: a magic number, a header in Python's syntax, the numbers.
///
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
enum NumPyFile {
  /// A map as little-endian float32 of shape [H, W].
  static func encoded(_ map: Raster<Float>) -> Data {
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(map.height), \(map.width)), }"
    // Magic, version and length take ten bytes; the data begin at a multiple of 64.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var file = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(Data(header.utf8))
    map.values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { file.append(contentsOf: $0) }
    return file
  }
}
