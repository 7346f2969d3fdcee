import CVips
import Files
import Foundation
import Rasters

extension Raster<UInt8> {
  /// Writes the pixels as a PNG file: first under a temporary name, so that no half-written file is ever found there.
  ///
  /// - Precondition: 1 or 3 channels and at least one pixel.
  /// - Throws: ``PictureError``.
  public func writePNG(to url: URL) throws {
    let data = try encodedPNG(for: url.relativePath)
    do { try data.writeWhole(to: url) } catch let error as FileError {
      throw PictureError.unwritable(path: url.relativePath, reason: error.reason)
    }
  }

  /// The pixels as a PNG file's bytes.
  ///
  /// - Parameter path: what an error names.
  /// - Precondition: 1 or 3 channels and at least one pixel.
  /// - Throws: ``PictureError``.
  package func encodedPNG(for path: String) throws -> Data { try encoded(as: ".png", for: path) }

  /// The pixels as a JPEG file's bytes, of quality 92 and without any data but the pixels; as ``encodedPNG(for:)``.
  package func encodedJPEG(for path: String) throws -> Data { try encoded(as: ".jpg[Q=92,strip]", for: path) }

  private func encoded(as format: String, for path: String) throws -> Data {
    precondition(channels == 1 || channels == 3, "a picture is written from 1 or 3 channels, not \(channels)")
    guard Picture.libraryIsReady else { throw PictureError.libraryFailed(path: path) }
    var bytes: UnsafeMutableRawPointer?
    var count = 0
    let status = values.withUnsafeBufferPointer {
      cvips_encode(format, $0.baseAddress, Int32(width), Int32(height), Int32(channels), &bytes, &count)
    }
    guard status == CVIPS_OK, let bytes else { throw PictureError.libraryFailed(path: path) }
    defer { cvips_free(bytes) }
    return Data(bytes: bytes, count: count)
  }
}
