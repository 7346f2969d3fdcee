import Foundation

/// A folder with `settings.json`, which says what is measured, and `summary.json`, which is written last and so says that the
/// results are whole.
struct ResultsFolder {
  static let summary = "summary.json"
  private static let settings = "settings.json"

  let url: URL

  /// Makes the folder ready for results that replace none.
  ///
  /// - Parameter force: let them replace others.
  /// - Throws: ``CheckError/holdsResults(folder:)``; Foundation's errors.
  init(_ url: URL, force: Bool) throws {
    self.url = url
    let files = FileManager.default
    try files.createDirectory(at: url, withIntermediateDirectories: true)
    guard exists(Self.summary) else { return }
    guard force else { throw CheckError.holdsResults(folder: url.relativePath) }
    try files.removeItem(at: url.appending(path: Self.summary))
  }

  /// Makes the folder ready for long work, which may go on with what is there.
  ///
  /// - Parameters:
  ///   - parts: folders that hold what is done, removed by force.
  ///   - resume: go on; the settings must be equal.
  /// - Throws: ``CheckError``; Foundation's errors.
  init<Settings: Codable & Equatable>(
    _ url: URL, settings: Settings, parts: [String], resume: Bool, force: Bool
  ) throws {
    try self.init(url, force: force || resume)
    let file = url.appending(path: Self.settings)
    if force {
      for name in [Self.settings] + parts where exists(name) {
        try FileManager.default.removeItem(at: url.appending(path: name))
      }
    } else if exists(Self.settings) {
      guard resume else { throw CheckError.unfinished(folder: url.relativePath) }
      guard let found: Settings = Self.settings(in: url) else {
        throw CheckError.damaged(path: file.relativePath)
      }
      guard found == settings else {
        throw CheckError.otherSettings(folder: url.relativePath, Self.difference(found, settings))
      }
      return
    }
    try Self.encoded(settings).write(to: file, options: .atomic)
  }

  /// What is measured in a folder; nil if it does not say, or says it otherwise.
  static func settings<Settings: Decodable>(in folder: URL) -> Settings? {
    try? JSONDecoder().decode(Settings.self, from: Data(contentsOf: folder.appending(path: settings)))
  }

  private func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: url.appending(path: name).path)
  }

  /// The names of the properties that differ.
  private static func difference<Settings>(_ a: Settings, _ b: Settings) -> String {
    let pairs = zip(Mirror(reflecting: a).children, Mirror(reflecting: b).children)
    return "another " + pairs.filter { "\($0.value)" != "\($1.value)" }.compactMap(\.0.label).joined(separator: ", ")
  }

  static func write(_ summary: some Encodable, to folder: URL) throws {
    try encoded(summary).write(to: folder.appending(path: Self.summary), options: .atomic)
  }

  private static func encoded(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  /// Rows of a table, the header first, as comma-separated values.
  static func csv(_ rows: [[String]]) -> Data {
    Data((rows.map { $0.joined(separator: ",") }.joined(separator: "\n") + "\n").utf8)
  }
}
