import CVips
import Foundation
import Rasters

/// A picture file whose header has been read, so that its size is known before the memory for its pixels is taken.
package struct PictureFile: ~Copyable {
  private var picture = CVipsPicture()
  private let path: String

  /// As stored: a picture that is turned when it is decoded changes its sides.
  package var height: Int { Int(picture.height) }
  package var width: Int { Int(picture.width) }

  /// - Throws: ``PictureError``, for pictures of more than `maximumPixels`, too.
  package init(_ url: URL, maximumPixels: Int = 100_000_000) throws {
    try self.init(url.relativePath, maximumPixels) {
      cvips_open(url.path(percentEncoded: false), Int64(maximumPixels), &$0)
    }
  }

  init(_ path: String, _ maximumPixels: Int, _ open: (inout CVipsPicture) -> CVipsStatus) throws {
    self.path = path
    guard Picture.libraryIsReady else { throw PictureError.libraryFailed(path: path) }
    let status = open(&picture)
    if status != CVIPS_OK { throw Self.error(status, path, picture, maximumPixels) }
  }

  deinit {
    var picture = picture
    cvips_close(&picture)
  }

  /// Decodes it. Of a picture that lies as it is seen nothing but the pixels takes memory, as far as its decoder goes line by
  /// line; one that must be turned takes as much once more.
  ///
  /// - Throws: ``PictureError``.
  package consuming func decoded() throws -> Picture {
    let values = try [UInt8](unsafeUninitializedCapacity: height * width * 3) { pixels, count in
      let status = cvips_decode(&picture, pixels.baseAddress)
      if status != CVIPS_OK { throw Self.error(status, path, picture, 0) }
      count = Int(picture.height) * Int(picture.width) * Int(picture.channels)
    }
    return Picture(
      pixels: PixelArray(
        height: Int(picture.height), width: Int(picture.width), channels: Int(picture.channels), values: values),
      hadTransparency: picture.had_transparency)
  }

  private static func error(
    _ status: CVipsStatus, _ path: String, _ picture: CVipsPicture, _ maximumPixels: Int
  ) -> PictureError {
    switch status {
    case CVIPS_UNREADABLE: unreadable(path, picture.system_error)
    case CVIPS_EMPTY: .empty(path: path)
    case CVIPS_NOT_A_PICTURE: .notAPicture(path: path)
    case CVIPS_TOO_LARGE:
      .tooLarge(path: path, width: Int(picture.width), height: Int(picture.height), maximumPixels: maximumPixels)
    case CVIPS_DAMAGED: .damaged(path: path)
    case CVIPS_UNUSUAL_PIXELS: .unusualPixels(path: path)
    default: .libraryFailed(path: path)
    }
  }

  private static func unreadable(_ path: String, _ code: Int32) -> PictureError {
    switch code {
    case ENOENT, ENOTDIR: .missing(path: path)
    case EISDIR: .isFolder(path: path)
    case EINVAL: .unreadable(path: path, reason: "it is not a plain file")
    default: .unreadable(path: path, reason: String(cString: strerror(code)))
    }
  }
}
