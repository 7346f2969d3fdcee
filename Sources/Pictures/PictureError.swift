import Foundation

/// Why a picture or a folder of pictures cannot be read or written.
public enum PictureError: LocalizedError, Equatable {
  case missing(path: String)
  case isFolder(path: String)
  /// The system refuses; `reason` in its own words.
  case unreadable(path: String, reason: String)
  case empty(path: String)
  case notAPicture(path: String)
  /// The picture has more pixels than the caller allows; it has not been decoded.
  case tooLarge(path: String, width: Int, height: Int, maximumPixels: Int)
  /// Decoding the picture and making it smaller takes more bytes than the caller allows; it has not been decoded.
  case exceedsMemory(path: String, needed: Int, allowed: Int)
  case damaged(path: String)
  /// Neither grey nor colour: spectral bands, or numbers without a known range.
  case unusualPixels(path: String)
  case noPictures(folder: String)
  case unwritable(path: String, reason: String)
  /// libvips cannot start or ran out of memory.
  case libraryFailed(path: String)

  public var errorDescription: String? {
    switch self {
    case .missing(let path): "\(path): no such file or folder"
    case .isFolder(let path): "\(path) is a folder, not a picture"
    case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .empty(let path): "\(path) is empty"
    case .notAPicture(let path): "\(path) is not a picture this program can read (\(Picture.formats))"
    case .tooLarge(let path, let width, let height, let maximumPixels):
      "\(path) has \(width)×\(height) pixels, more than the limit of \(maximumPixels)"
    case .exceedsMemory(let path, let needed, let allowed):
      "\(path) needs about \(Self.megabytes(needed)) to be decoded and resized, more than the \(Self.megabytes(allowed)) allowed"
    case .damaged(let path): "\(path) is truncated or damaged, or too large for its decoder"
    case .unusualPixels(let path): "\(path) is neither a grey nor a colour picture; save it as 8- or 16-bit RGB"
    case .noPictures(let folder): "\(folder) contains no pictures (\(Picture.formats))"
    case .unwritable(let path, let reason): "\(path) cannot be written: \(reason)"
    case .libraryFailed(let path): "\(path): libvips failed; is there enough memory?"
    }
  }

  private static func megabytes(_ bytes: Int) -> String {
    bytes < 10_000_000_000 ? "\(bytes / 1_000_000) MB" : "\(bytes / 1_000_000_000) GB"
  }
}
