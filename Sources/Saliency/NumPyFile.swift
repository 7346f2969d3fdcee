import Foundation
import Rasters

/// NumPy's .npy format, version 1.0: a magic number, a header in Python's syntax, the numbers.
///
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
enum NumPyFile {
  /// A map as little-endian float32 of shape [H, W].
  static func encoded(_ map: Raster<Float>) -> Data {
    file("<f4", [map.height, map.width], map.values.map { $0.bitPattern.littleEndian })
  }

  /// Little-endian int32.
  static func encoded(_ values: [Int32], shape: [Int]) -> Data { file("<i4", shape, values.map(\.littleEndian)) }

  private static func file(_ type: String, _ shape: [Int], _ values: [some Any]) -> Data {
    let lengths = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(lengths)), }"
    // Magic, version and length take ten bytes; the data begin at a multiple of 64.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var file = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(Data(header.utf8))
    values.withUnsafeBytes { file.append(contentsOf: $0) }
    return file
  }
}
