import CCrypto
import Foundation

/// A checksum of bytes that come piece by piece, by libcrypto.
package final class Digest {
  private let context: OpaquePointer
  /// A library of its own, from which no openssl.cnf takes an algorithm away.
  nonisolated(unsafe) private static let library = OSSL_LIB_CTX_new()

  /// Nil where the system's rules forbid the algorithm.
  package init?(_ algorithm: Checksum.Algorithm) {
    guard let context = EVP_MD_CTX_new() else { return nil }
    self.context = context
    guard let function = EVP_MD_fetch(Self.library, algorithm.function, nil) else { return nil }
    defer { EVP_MD_free(function) }
    guard EVP_DigestInit_ex(context, function, nil) == 1 else { return nil }
  }

  deinit { EVP_MD_CTX_free(context) }

  package func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

  /// Takes the length too, so that a row of such fields has one sum only.
  package func update(field: some Sequence<UInt8>) {
    let bytes = Array(field)
    withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { update($0) }
    bytes.withUnsafeBytes { update($0) }
  }

  /// Takes what is left of an open file, in blocks.
  ///
  /// - Returns: false where it cannot be read; `errno` says why.
  /// - Throws: `CancellationError`, before the next block.
  package func update(contentsOf file: Int32) throws -> Bool {
    try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
      while true {
        try Task.checkCancellation()
        let count = read(file, buffer.baseAddress, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return count == 0 }
        update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  /// The sum, 32 bytes for SHA-256; nothing may be added afterwards.
  package func finish() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    EVP_DigestFinal_ex(context, &bytes, &count)
    return Array(bytes.prefix(Int(count)))
  }

  /// SHA-256, which every libcrypto has.
  package static func sha256() -> Digest {
    guard let digest = Digest(.sha256) else { preconditionFailure("no memory for a checksum") }
    return digest
  }
}

extension Checksum.Algorithm {
  /// Its name in libcrypto.
  fileprivate var function: String {
    switch self {
    case .md5: "MD5"
    case .sha1: "SHA1"
    case .sha256: "SHA256"
    }
  }
}

extension [UInt8] {
  /// Two digits a byte, lower case.
  package var hex: String { map { String(format: "%02x", $0) }.joined() }
}
