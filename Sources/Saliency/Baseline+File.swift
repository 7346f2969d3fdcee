import Downloads
import Foundation
import Maps
import Pictures

extension Baseline {
  /// `black`, `white`, `mean`, or the picture in a file, brought to the classifier's input as every picture is.
  ///
  /// - Throws: `PictureError` when the file is no picture that can be read.
  public static func open(
    _ nameOrPath: String, for preprocessing: Preprocessing, maximumPixels: Int = 100_000_000
  ) async throws -> Baseline {
    if let baseline = named[nameOrPath] { return baseline }
    let url = URL(filePath: nameOrPath)
    let picture = try Picture.read(url, maximumPixels: maximumPixels)
    let sum = try Checksum.of(url, .sha256).hex
    return .picture(
      try await preprocessing.seen(picture.pixels), name: "\(url.lastPathComponent), SHA-256 \(sum.prefix(16))")
  }
}
