import CCrypto
import Foundation

/// A checksum of a file's content, by libcrypto.
///
/// MD5 and SHA-1 are there because data sets were published with them: they tell a damaged file, not a forged one.
public struct Checksum: Sendable, Hashable {
  public enum Algorithm: String, Sendable, CaseIterable {
    case md5, sha1, sha256
  }

  public let algorithm: Algorithm
  /// In lower case.
  public let hex: String

  public init(_ algorithm: Algorithm, _ hex: String) {
    self.algorithm = algorithm
    self.hex = hex.lowercased()
  }

  /// The checksum of a file, read in blocks.
  ///
  /// - Throws: ``DownloadsError/unreadable(path:reason:)``, `CancellationError`.
  public static func of(_ file: URL, _ algorithm: Algorithm) throws -> Checksum {
    let descriptor = open(file.path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DownloadsError.unreadable(path: file.relativePath, reason: systemReason()) }
    defer { close(descriptor) }
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    // Fails where the system's rules forbid the algorithm.
    guard EVP_DigestInit_ex(context, algorithm.function, nil) == 1 else {
      throw DownloadsError.unreadable(
        path: file.relativePath, reason: "libcrypto does not compute \(algorithm.rawValue) on this system")
    }
    try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
      while true {
        try Task.checkCancellation()
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw DownloadsError.unreadable(path: file.relativePath, reason: systemReason()) }
        if count == 0 { break }
        EVP_DigestUpdate(context, buffer.baseAddress, count)
      }
    }
    var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    EVP_DigestFinal_ex(context, &bytes, &count)
    return Checksum(algorithm, bytes.prefix(Int(count)).map { String(format: "%02x", $0) }.joined())
  }
}

extension Checksum.Algorithm {
  fileprivate var function: OpaquePointer? {
    switch self {
    case .md5: EVP_md5()
    case .sha1: EVP_sha1()
    case .sha256: EVP_sha256()
    }
  }
}

/// As `md5:c32a…`.
extension Checksum: CustomStringConvertible, Codable {
  public var description: String { "\(algorithm.rawValue):\(hex)" }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let parts = try container.decode(String.self).split(separator: ":", maxSplits: 1).map(String.init)
    guard parts.count == 2, let algorithm = Algorithm(rawValue: parts[0]) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no checksum")
    }
    self.init(algorithm, parts[1])
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
