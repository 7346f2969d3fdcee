import Foundation
import TestSupport

/// A reader of files that come from anywhere, to be tried with any bytes.
///
/// `Tests/saliency-fuzz` tries it under libFuzzer and the sanitizers, the tests with a few files.
package struct FuzzTarget: Sendable {
  package let name: String
  /// Files to begin with; some of them are accepted.
  package let seeds: @Sendable () async throws -> [Data]
  /// Reads the file to its end as the program does, in a folder that may be used; throws where it refuses the file.
  package let read: @Sendable (_ file: Data, _ folder: URL) async throws -> Void
  package var structure = Mutation.Structure.bytes

  package static let all = [picture] + models + [idx, cifar, archive, settings]

  /// What is wrong with how a file was refused, which should be told in one line whatever the file calls itself; nil where nothing is.
  package static func mistake(_ error: any Error) -> String? {
    let words = error.localizedDescription
    if words.isEmpty { return "an error without words" }
    let isPlain = words.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    return isPlain ? nil : "an error with control characters: \(words)"
  }

  /// The files of a folder, or of some suffixes in it, that are small enough to be changed well.
  static func files(_ folder: URL, suffixes: [String]? = nil, below limit: Int = 16_000) throws -> [Data] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { name in suffixes.map { $0.contains(where: name.hasSuffix) } ?? true }
      .map { try Data(contentsOf: folder.appending(path: $0)) }.filter { $0.count < limit }
  }
}
