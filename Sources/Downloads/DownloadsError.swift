import Files
import Foundation

/// Why a file cannot be downloaded, checked or unpacked.
package enum DownloadsError: LocalizedError, Equatable {
  /// The server answers with an error.
  case refused(address: URL, status: Int)
  /// There is no connection, or none that lasts, also after some retries; what has come is kept.
  case broken(address: URL, reason: String)
  /// The address, or one that it leads to, is none that can be downloaded from.
  case unusable(address: URL, reason: String)
  case tooLarge(address: URL, limit: Int)
  case wrongChecksum(name: String, found: Checksum, expected: Checksum)

  case unreadable(path: String, reason: String)
  case unwritable(path: String, reason: String)

  case notAnArchive(path: String, reason: String)
  case damagedArchive(path: String, reason: String)
  case unsafeEntry(path: String, entry: String, problem: String)
  case archiveTooLarge(path: String, limit: String)

  package var errorDescription: String? {
    switch self {
    case .refused(let address, let status): "\(address.absoluteString): the server answers \(Self.answer(status))"
    case .broken(let address, let reason):
      "\(address.absoluteString) cannot be downloaded now: \(reason); try again later, it goes on where it stopped"
    case .unusable(let address, let reason): "\(address.absoluteString) cannot be downloaded: \(reason)"
    case .tooLarge(let address, let limit):
      "\(address.absoluteString) is not what is wanted: it is larger than \(limit) bytes"
    case .wrongChecksum(let name, let found, let expected):
      "\(name) is not the file that was published: its checksum is \(found), expected \(expected); "
        + "what was downloaded has been removed"
    case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
    case .unwritable(let path, let reason): "\(path.plain(most: 1000)) cannot be written: \(reason)"
    case .notAnArchive(let path, let reason):
      "\(path) is no archive that can be unpacked (tar, plain or compressed, or zip): \(Self.lowercased(reason))"
    case .damagedArchive(let path, let reason): "\(path) is truncated or damaged: \(Self.lowercased(reason))"
    case .unsafeEntry(let path, let entry, let problem):
      "\(path) is not unpacked: “\(entry.plain(most: 200))” in it \(problem)"
    case .archiveTooLarge(let path, let limit): "\(path) is not unpacked: it holds more than \(limit)"
    }
  }

  private static func answer(_ status: Int) -> String {
    let meaning = [
      401: "unauthorized", 403: "forbidden", 404: "not found", 410: "gone", 429: "too many requests",
      500: "internal error", 502: "bad gateway", 503: "not available now",
    ][status]
    return "\(status)" + (meaning.map { " (\($0))" } ?? "")
  }

  /// libarchive begins its sentences with a capital letter.
  private static func lowercased(_ sentence: String) -> String {
    sentence.prefix(1).lowercased() + sentence.dropFirst()
  }
}

extension DownloadsError {
  /// Whether another server may do better.
  var isTheServers: Bool {
    switch self {
    case .refused, .broken, .unusable, .tooLarge, .wrongChecksum: true
    default: false
    }
  }

  /// Whether the same server may do better a moment later.
  var mayPass: Bool {
    switch self {
    case .broken: true
    case .refused(_, let status): status >= 500 || status == 408 || status == 429
    default: false
    }
  }
}

/// The system's words for the error of the last call.
func systemReason() -> String { String(cString: strerror(errno)).lowercased() }
