import Distribution
import Files
import Foundation
import Synchronization

/// The folder of a run, whatever is run. It is one run's alone as long as this lives, says in `settings.json` what its results are of,
/// and takes them piece by piece, each whole or not at all; `summary.json` comes last and says that nothing is missing.
///
/// A run that was broken off at any moment is gone on with in the same folder, but only by one with equal settings and an equal
/// ``RunIdentity``.
///
/// Several processes, on machines that share the folder, can work in it at the same time if all of them open it with ``Existing/share(_:)``.
public final class RunFolder: Sendable {
  /// What is to be done with results that a folder holds.
  public enum Existing: Sendable, Equatable {
    /// Throw.
    case refuse
    /// Go on with them. Where there are none, begin.
    case resume
    /// Remove them, and begin.
    case replace
    /// Go on with them, or begin, together with other processes that do the same. Where the first of them finds the work of processes
    /// that are gone, it is ``RunFolder/lost``.
    case share(Worker)
  }

  public static let summary = "summary.json"
  private static let settings = "settings.json"

  public let url: URL
  /// Whether there was something to go on with.
  public let isResumed: Bool
  /// What processes that shared the folder before began with and did not finish: the number of the piece, and who it was.
  public let lost: [(piece: Int, by: String)]
  /// This process among those that share the folder; nil where it has it alone.
  public let worker: Worker?
  /// Whether it is the first of those that share the folder, or has it alone.
  public let isFirst: Bool
  private let lock: FolderLock
  private let lead = Mutex<FolderLock?>(nil)
  private let record: Mutex<RunRecord>

  /// Makes the folder ready.
  ///
  /// - Parameters:
  ///   - url: made if it is not there.
  ///   - settings: what is run.
  ///   - identity: what it depends on besides.
  ///   - parts: the names of the files and folders in it that the run will write.
  ///   - existing: what to do with results that are there.
  ///   - known: files that can be gone on with although nothing says what they are of: they say it themselves.
  /// - Throws: ``RunFolderError``; `FileError`; Foundation's errors.
  package init<Settings: RunSettings>(
    _ url: URL, _ settings: Settings, _ identity: RunIdentity, parts: [String] = [], existing: Existing = .refuse,
    known: [String] = []
  ) throws {
    self.url = url
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let entry = try Self.enter(url, existing)
    lock = entry.lock
    worker = entry.worker
    isFirst = entry.isFirst
    lost = entry.isFirst && worker != nil ? try WorkQueue.lost(in: Self.claims(in: url)) : []
    if entry.isFirst { try Self.remove(Self.claims, in: url) }
    var old: [String] = []
    switch existing {
    case .refuse:
      try Self.checkEmpty(url, known: known)
      isResumed = false
    case .resume, .share:
      if let found = try Self.found(in: url, as: Settings.self) {
        guard found.settings == settings, found.identity == identity else {
          throw RunFolderError.otherRun(url, found, Found(settings: settings, identity: identity))
        }
        old = found.parts
        isResumed = true
      } else {
        let files = Self.files(in: url)
        let unknown = parts + [Self.summary]
        guard !unknown.contains(where: { files.contains($0) && !known.contains($0) }) else {
          throw RunFolderError.unidentified(folder: url.relativePath)
        }
        isResumed = known.contains(where: files.contains)
        guard isResumed || files.isEmpty else { throw RunFolderError.holdsOtherFiles(folder: url.relativePath) }
      }
    case .replace:
      // Of whatever run; nothing outside of the folder, whatever the record says.
      let data = try? Data(contentsOf: url.appending(path: Self.settings))
      let marks = data.flatMap { try? JSONDecoder().decode(RunRecord.Marks.self, from: $0) }
      let own = (marks?.parts ?? []).filter { !$0.contains("/") && !$0.hasPrefix(".") && !$0.isEmpty }
      for name in own + parts + [Self.settings, Self.summary] { try Self.remove(name, in: url) }
      isResumed = false
    }
    let all = parts + old.filter { !parts.contains($0) }
    record = Mutex(RunRecord(settings: settings, identity: identity, parts: all))
    if entry.isFirst { try Self.encoded(record.withLock(\.self)).writeWhole(to: url.appending(path: Self.settings)) }
    if worker != nil { lock.share() }
    withExtendedLifetime(entry.turn) {}
  }

  private struct Entry {
    let lock: FolderLock
    var worker: Worker?
    /// Whether nobody else is at work.
    var isFirst = true
    /// Keeps others that share the folder from opening it at the same time.
    var turn: FolderLock?
  }

  private static func enter(_ url: URL, _ existing: Existing) throws -> Entry {
    do {
      guard case .share(let worker) = existing else { return Entry(lock: try FolderLock(url)) }
      let turn = try FolderLock.waited(url, name: ".turn", seconds: 60)
      do { return Entry(lock: try FolderLock(url), worker: worker, turn: turn) } catch is FolderLock.Busy {
        return Entry(lock: try FolderLock(url, isShared: true), worker: worker, isFirst: false, turn: turn)
      }
    } catch is FolderLock.Busy { throw RunFolderError.busy(folder: url.relativePath) }
  }

  private static let claims = ".claims"
  private static func claims(in url: URL) -> URL { url.appending(path: claims, directoryHint: .notDirectory) }

  /// Whether nothing is in the way of a new run, so that this is known before any work is done.
  ///
  /// - Throws: ``RunFolderError/holdsResults(folder:)``, ``RunFolderError/holdsOtherFiles(folder:)``.
  public static func checkEmpty(_ url: URL, known: [String] = []) throws {
    let files = files(in: url)
    guard !files.isEmpty else { return }
    let isOwn = ([settings, summary] + known).contains(where: files.contains)
    throw isOwn
      ? RunFolderError.holdsResults(folder: url.relativePath) : .holdsOtherFiles(folder: url.relativePath)
  }

  /// What a folder's results are of.
  package struct Found<Settings: RunSettings>: Sendable {
    package let settings: Settings
    package let identity: RunIdentity
    var parts: [String] = []
  }

  /// What a folder's results are of; nil where there are none.
  ///
  /// - Throws: ``RunFolderError/damaged(path:)``, ``RunFolderError/unidentified(folder:)``.
  package static func found<Settings: RunSettings>(
    in url: URL, as type: Settings.Type
  ) throws -> Found<Settings>? {
    let file = url.appending(path: settings)
    guard let data = try? Data(contentsOf: file) else { return nil }
    let decoder = JSONDecoder()
    guard (try? decoder.decode([String: Anything].self, from: data)) != nil else {
      throw RunFolderError.damaged(path: file.relativePath)
    }
    guard let marks = try? decoder.decode(RunRecord.Marks.self, from: data) else {
      throw RunFolderError.unidentified(folder: url.relativePath)
    }
    guard let settings = try? decoder.decode(Settings.self, from: data) else {
      throw RunFolderError.otherRun(folder: url.relativePath, differences: ["what is measured"])
    }
    return Found(settings: settings, identity: marks.identity, parts: marks.parts)
  }

  private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
  }

  /// The names of what is in a folder, but hidden files.
  private static func files(in url: URL) -> [String] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: url.path(percentEncoded: false))) ?? []
    return all.filter { !$0.hasPrefix(".") }
  }

  private static func remove(_ name: String, in url: URL) throws {
    let file = url.appending(path: name)
    if file.exists { try FileManager.default.removeItem(at: file) }
  }
}

extension RunFolder {
  public func file(_ name: String) -> URL { url.appending(path: name, directoryHint: .notDirectory) }

  public func folder(_ name: String) -> URL { url.appending(path: name, directoryHint: .isDirectory) }

  public func has(_ name: String) -> Bool { file(name).exists }

  /// Removes a part; nothing where it is not there.
  package func remove(_ name: String) throws { try Self.remove(name, in: url) }

  /// Says that what is here may change, and is not whole until the summary is written again.
  func reopen() throws {
    if isFirst { try Self.remove(Self.summary, in: url) }
  }

  /// A part that is written piece by piece and appears when it is kept. Folders on the way to it are made.
  package func begin(_ name: String) throws -> WholeFile {
    let file = file(name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    return try WholeFile(file)
  }

  public func write(_ data: Data, as name: String) throws {
    let file = try begin(name)
    try file.write(data)
    try file.keep()
  }

  public func write(_ value: some Encodable, as name: String) throws { try write(Self.encoded(value), as: name) }

  private static func encoded(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }

  /// At the end of a run: takes the settings back if nothing else was written, so that the next one finds nothing.
  public func giveUp() {
    guard worker == nil, !isResumed, Self.files(in: url) == [Self.settings] else { return }
    try? remove(Self.settings)
  }

  /// What was written; nil where there is nothing, or something damaged.
  public func read<Value: Decodable>(_ type: Value.Type, from name: String) -> Value? {
    (try? Data(contentsOf: file(name))).flatMap { try? JSONDecoder().decode(type, from: $0) }
  }

  /// Writes the results' files, and the summary when they are all there.
  ///
  /// - Returns: the names of the files, the summary's last.
  /// - Throws: `FileError`.
  func finish(_ files: [(name: String, data: Data)], summary: (any Encodable)?) throws -> [String] {
    let names = files.map(\.name)
    let all = record.withLock { record in
      record.parts += names.filter { !record.parts.contains($0) }
      return record
    }
    try Self.remove(Self.summary, in: url)
    try write(all, as: Self.settings)
    for file in files { try write(file.data, as: file.name) }
    guard let summary else { return names }
    try write(summary, as: Self.summary)
    try endSharing()
    return names + [Self.summary]
  }

  /// Removes what the processes that shared the folder told each other.
  package func endSharing() throws { try Self.remove(Self.claims, in: url) }

  /// Deals out the pieces of the run's work, to this process alone or to all that share the folder.
  ///
  /// - Throws: `FileError`.
  package func queue(_ pieces: some Sequence<Int>) throws -> WorkQueue {
    try reopen()
    guard let worker else { return WorkQueue(pieces) }
    return try WorkQueue(pieces, claims: Self.claims(in: url), as: worker.name, start: worker.start)
  }

  /// Makes this process the one that puts the results together when all pieces are done: the first that asks.
  ///
  /// - Throws: ``LeftToAnother``; `FileError`.
  package func takeLead() throws {
    guard worker != nil else { return }
    do {
      let lock = try FolderLock(url, name: ".lead")
      lead.withLock { $0 = lock }
    } catch is FolderLock.Busy { throw LeftToAnother() }
    if has(Self.summary) { throw LeftToAnother() }
  }

  /// Another of the processes that share the folder puts the results together.
  public struct LeftToAnother: Error {}
}

/// `settings.json`: the settings' own entries, and beside them the identity and the names of what the run writes.
private struct RunRecord: Encodable {
  struct Marks: Codable {
    let identity: RunIdentity
    let parts: [String]
  }

  let settings: any RunSettings
  let identity: RunIdentity
  var parts: [String]

  func encode(to encoder: any Encoder) throws {
    try settings.encode(to: encoder)
    try Marks(identity: identity, parts: parts).encode(to: encoder)
  }
}
