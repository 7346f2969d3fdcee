import Files
import Foundation
import Rasters

/// NumPy's .npy format, version 1.0: a magic number, a header in Python's syntax, the numbers.
///
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package enum NumPyFile {
  /// A map as little-endian float32 of shape [H, W].
  package static func encoded(_ map: Raster<Float>) -> Data { encoded(map.values, shape: [map.height, map.width]) }

  /// Little-endian float32.
  package static func encoded(_ values: [Float], shape: [Int]) -> Data {
    file("<f4", shape, values.map { $0.bitPattern.littleEndian })
  }

  /// Little-endian int32.
  package static func encoded(_ values: [Int32], shape: [Int]) -> Data {
    file("<i4", shape, values.map(\.littleEndian))
  }

  /// Writes the pixels of images as uint8 [N, H, W, C], piece by piece; a file that was there is replaced in one step.
  package static func write(_ images: any LabelledImages, to url: URL) throws {
    let file = try WholeFile(url)
    try file.write(header("|u1", [images.count, images.height, images.width, images.channels]))
    for part in (0..<images.count).batches(of: 256) { try file.write(Data(images.pixels(of: part))) }
    try file.keep()
  }

  private static func file(_ type: String, _ shape: [Int], _ values: [some Any]) -> Data {
    values.withUnsafeBytes { header(type, shape) + Data($0) }
  }

  private static func header(_ type: String, _ shape: [Int]) -> Data {
    let lengths = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(lengths)), }"
    // Magic, version and length take ten bytes; the data begin at a multiple of 64.
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var file = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { file.append(contentsOf: $0) }
    return file + Data(header.utf8)
  }
}
