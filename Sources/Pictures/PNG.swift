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
  package func encodedPNG(for path: String) throws -> Data { try encoded(for: path, cvips_encode_png) }

  /// The pixels as a JPEG file's bytes, of quality 92; as ``encodedPNG(for:)``.
  package func encodedJPEG(for path: String) throws -> Data { try encoded(for: path, cvips_encode_jpeg) }

  private func encoded(
    for path: String,
    _ encode: (
      UnsafePointer<UInt8>?, Int32, Int32, Int32, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
      UnsafeMutablePointer<Int>?
    ) -> CVipsStatus
  ) throws -> Data {
    precondition(channels == 1 || channels == 3, "a picture is written from 1 or 3 channels, not \(channels)")
    guard Picture.libraryIsReady else { throw PictureError.libraryFailed(path: path) }
    var bytes: UnsafeMutableRawPointer?
    var count = 0
    let status = values.withUnsafeBufferPointer {
      encode($0.baseAddress, Int32(width), Int32(height), Int32(channels), &bytes, &count)
    }
    guard status == CVIPS_OK, let bytes else { throw PictureError.libraryFailed(path: path) }
    defer { cvips_free(bytes) }
    return Data(bytes: bytes, count: count)
  }
}
