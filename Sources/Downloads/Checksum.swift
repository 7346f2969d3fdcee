import Foundation

/// A checksum of a file's content, by libcrypto.
///
/// MD5 and SHA-1 are there because data sets were published with them: they tell a damaged file, not a forged one.
package struct Checksum: Sendable, Hashable {
  package enum Algorithm: String, Sendable, CaseIterable {
    case md5, sha1, sha256
  }

  package let algorithm: Algorithm
  /// In lower case.
  package let hex: String

  package init(_ algorithm: Algorithm, _ hex: String) {
    self.algorithm = algorithm
    self.hex = hex.lowercased()
  }

  /// The checksum of a file, read in blocks.
  ///
  /// - Throws: ``DownloadsError/unreadable(path:reason:)``, `CancellationError`.
  package static func of(_ file: URL, _ algorithm: Algorithm) throws -> Checksum {
    let descriptor = open(file.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DownloadsError.unreadable(path: file.relativePath, reason: systemReason()) }
    defer { close(descriptor) }
    guard let digest = Digest(algorithm) else {
      throw DownloadsError.unreadable(
        path: file.relativePath, reason: "libcrypto does not compute \(algorithm.rawValue) on this system")
    }
    guard try digest.update(contentsOf: descriptor) else {
      throw DownloadsError.unreadable(path: file.relativePath, reason: systemReason())
    }
    return Checksum(algorithm, digest.finish().hex)
  }
}

/// As `md5:c32a…`.
extension Checksum: CustomStringConvertible, Codable {
  package var description: String { "\(algorithm.rawValue):\(hex)" }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let parts = try container.decode(String.self).split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, let algorithm = Algorithm(rawValue: parts[0]) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no checksum")
    }
    self.init(algorithm, parts[1])
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
