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
    try decoded(url.relativePath, maximumPixels) {
      cvips_read(url.path(percentEncoded: false), Int64(maximumPixels), &$0)
    }
  }

  /// Decodes a picture file's content.
  ///
  /// - Parameter path: what errors call it.
  /// - Throws: as ``read(_:maximumPixels:)``.
  public static func decode(_ content: Data, named path: String, maximumPixels: Int = 100_000_000) throws -> Picture {
    try decoded(path, maximumPixels) { picture in
      content.withUnsafeBytes { cvips_read_memory($0.baseAddress, $0.count, Int64(maximumPixels), &picture) }
    }
  }

  private static func decoded(
    _ path: String, _ maximumPixels: Int, _ read: (inout CVipsPicture) -> CVipsStatus
  ) throws -> Picture {
    guard libraryIsReady else { throw PictureError.libraryFailed(path: path) }
    var decoded = CVipsPicture()
    let status = read(&decoded)
    defer { cvips_free(decoded.pixels) }
    switch status {
    case CVIPS_OK: break
    case CVIPS_UNREADABLE: throw unreadable(path, decoded.system_error)
    case CVIPS_EMPTY: throw PictureError.empty(path: path)
    case CVIPS_NOT_A_PICTURE: throw PictureError.notAPicture(path: path)
    case CVIPS_TOO_LARGE:
      throw PictureError.tooLarge(
        path: path, width: Int(decoded.width), height: Int(decoded.height), maximumPixels: maximumPixels)
    case CVIPS_DAMAGED: throw PictureError.damaged(path: path)
    case CVIPS_UNUSUAL_PIXELS: throw PictureError.unusualPixels(path: path)
    default: throw PictureError.libraryFailed(path: path)
    }
    let (height, width, channels) = (Int(decoded.height), Int(decoded.width), Int(decoded.channels))
    let values = Array(UnsafeBufferPointer(start: decoded.pixels, count: height * width * channels))
    return Picture(
      pixels: PixelArray(height: height, width: width, channels: channels, values: values),
      hadTransparency: decoded.had_transparency)
  }

  /// libvips is started once for the process, on first use.
  static let libraryIsReady = cvips_start()

  private static func unreadable(_ path: String, _ code: Int32) -> PictureError {
    switch code {
    case ENOENT, ENOTDIR: .missing(path: path)
    case EISDIR: .isFolder(path: path)
    case EINVAL: .unreadable(path: path, reason: "it is not a plain file")
    default: .unreadable(path: path, reason: String(cString: strerror(code)))
    }
  }
}
