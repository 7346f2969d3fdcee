import CVips
import Foundation
import Rasters

/// A decoded picture file: upright, opaque, 8 bits per channel.
///
/// JPEG, PNG, WebP, TIFF, BMP and GIF are read by libvips and recognised by content, whatever the file's name. Only the
/// first frame or page counts. The orientation that the file's EXIF data ask for is applied; palettes are resolved; 16 bits
/// become 8; CMYK becomes sRGB by the embedded profile or else by a common one. Profiles of RGB pictures are ignored, as
/// image classifiers were trained on numbers read that way.
public struct Picture: Sendable {
  /// 1 channel for grey pictures, 3 (sRGB) for all others.
  public let pixels: PixelArray
  /// Whether some of it was transparent and was laid over white.
  public let hadTransparency: Bool

  static let formats = "JPEG, PNG, WebP, TIFF, BMP or GIF"

  /// Decodes the picture at `url`.
  ///
  /// The size is known before anything is decoded, so a picture of more than `maximumPixels` costs nothing. Safe, and meant,
  /// to be called on several threads at once; each call computes on its own thread.
  ///
  /// - Throws: ``PictureError``, for truncated files too.
  public static func read(_ url: URL, maximumPixels: Int = 100_000_000) throws -> Picture {
    try PictureFile(url, maximumPixels: maximumPixels).decoded()
  }

  /// Decodes a picture file's content.
  ///
  /// - Parameter path: what errors call it.
  /// - Throws: as ``read(_:maximumPixels:)``.
  public static func decode(_ content: Data, named path: String, maximumPixels: Int = 100_000_000) throws -> Picture {
    try opened(content, path, maximumPixels) { try $0.decoded() }
  }

  /// The sides of a picture file's content as stored, of which nothing but the header is read.
  ///
  /// - Throws: as ``read(_:maximumPixels:)``.
  public static func size(
    of content: Data, named path: String, maximumPixels: Int = 100_000_000
  ) throws -> (height: Int, width: Int) {
    try opened(content, path, maximumPixels) { ($0.height, $0.width) }
  }

  private static func opened<Result>(
    _ content: Data, _ path: String, _ maximumPixels: Int, _ body: (consuming PictureFile) throws -> Result
  ) throws -> Result {
    try content.withUnsafeBytes { bytes in
      try body(
        PictureFile(path, maximumPixels) {
          cvips_open_memory(bytes.baseAddress, bytes.count, Int64(maximumPixels), &$0)
        })
    }
  }

  /// libvips is started once for the process, on first use.
  static let libraryIsReady = cvips_start()
}
