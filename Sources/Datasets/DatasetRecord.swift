import Downloads
import Files
import Foundation

/// What is known about where a fetched data set came from: `datasets/NAME.json`.
public struct DatasetRecord: Sendable, Codable, Equatable {
  public let name: String
  /// The address, or the path of the archive or the folder that was given instead.
  public let origin: String
  /// Whether it is exactly what was published.
  public let isOfficial: Bool
  /// Whether it stays where it was and is only referred to.
  public let isLink: Bool
  /// Of the files that were downloaded or given, by name.
  package let checksums: [String: Checksum]
  public let date: Date

  /// - Returns: nil where there is none that can be read.
  init?(contentsOf url: URL) {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    guard let data = try? Data(contentsOf: url),
      let record = try? decoder.decode(DatasetRecord.self, from: data)
    else { return nil }
    self = record
  }

  init(name: String, origin: String, isOfficial: Bool, isLink: Bool, checksums: [String: Checksum]) {
    self.name = name
    self.origin = origin
    self.isOfficial = isOfficial
    self.isLink = isLink
    self.checksums = checksums
    date = Date()
  }

  func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try writeWhole(encoder.encode(self), to: url)
  }
}

/// The SHA-256 of every file of a data set as it was fetched, in the format of `sha256sum`: `datasets/NAME.sha256`.
struct Manifest: Equatable {
  /// By path in the data set's folder.
  private(set) var files: [String: String] = [:]

  /// Reads all files in `folder`.
  init(of folder: URL, progress: (_ done: Int, _ total: Int) -> Void) throws {
    let paths = try Self.paths(in: folder)
    for (index, path) in paths.enumerated() {
      files[path] = try Checksum.of(folder.appending(path: path, directoryHint: .notDirectory), .sha256).hex
      progress(index + 1, paths.count)
    }
  }

  init?(contentsOf url: URL) {
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") {
      guard let gap = line.firstRange(of: "  ") else { return nil }
      files[String(line[gap.upperBound...])] = String(line[..<gap.lowerBound])
    }
  }

  func write(to url: URL) throws {
    let lines = files.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }
    try writeWhole(Data(lines.joined().utf8), to: url)
  }

  /// What is otherwise in `folder`, one line for each file.
  func differences(in folder: URL, progress: (_ done: Int, _ total: Int) -> Void) throws -> [String] {
    let now = try Manifest(of: folder, progress: progress)
    return Set(files.keys).union(now.files.keys).sorted().compactMap { path in
      switch (files[path], now.files[path]) {
      case (let before, let after) where before == after: nil
      case (nil, _): "\(path) was not there when the data set was fetched"
      case (_, nil): "\(path) is missing"
      default: "\(path) has changed since it was fetched"
      }
    }
  }

  private static func paths(in folder: URL) throws -> [String] {
    guard let all = try? FileManager.default.subpathsOfDirectory(atPath: folder.path(percentEncoded: false)) else {
      throw DatasetError.unreadable(path: folder.relativePath)
    }
    return all.filter { !folder.appending(path: $0).isFolder }.sorted()
  }
}

private func writeWhole(_ data: Data, to url: URL) throws {
  do { try data.writeWhole(to: url) } catch {
    throw DatasetError.unwritable(path: url.relativePath)
  }
}
