import Files
import Foundation
import Tensors

/// How processes that share a folder find each other there, whatever earlier ones have left behind.
///
/// All but process 0 write their rank and a name that nobody had before into the hidden folder `.meeting`. Process 0, to whom the
/// folder belongs, first removes what is there, so that they may have to write again, and when all have come it answers with
/// their names and that of a new file, which c10d uses. Who is not named was not meant. When all are connected `.meeting` goes.
struct MeetingPlace {
  /// What process 0 answers.
  private struct Answer: Codable {
    let guests: [String]
    let file: String
  }

  private static let pause = Duration.milliseconds(50)

  let folder: URL
  let rank: Int
  let count: Int
  let patience: Duration

  private var place: URL { folder.appending(path: ".meeting", directoryHint: .isDirectory) }
  private var answer: URL { place.appending(path: "all") }

  /// - Throws: ``TrainingError``; `TorchError`; `CancellationError`; `FileError`.
  func join() async throws -> ProcessGroup {
    let file = try await rank == 0 ? host() : visit()
    let path = place.appending(path: file).path(percentEncoded: false)
    let group = try await ProcessGroup(rank: rank, of: count, meeting: .file(path: path))
    if rank == 0 { try? FileManager.default.removeItem(at: place) }
    return group
  }

  private func host() async throws -> String {
    for name in names() { try? FileManager.default.removeItem(at: place.appending(path: name)) }
    var missing: [Int] = []
    let guests = try await waiting { () throws -> [String]? in
      let all = Dictionary(grouping: names().compactMap(Guest.init), by: \.rank)
      if let (rank, _) = all.first(where: { $1.count > 1 || !(1..<count).contains($0) }) {
        throw TrainingError.stranger(rank: rank, count: count, folder: folder.relativePath)
      }
      missing = (1..<count).filter { all[$0] == nil }
      return missing.isEmpty ? all.values.flatMap { $0.map(\.name) } : nil
    } orElse: {
      TrainingError.missingProcesses(missing, count: count)
    }
    let file = UUID().uuidString
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try JSONEncoder().encode(Answer(guests: guests, file: file)).writeWhole(to: answer)
    return file
  }

  private func visit() async throws -> String {
    let name = Guest(rank: rank).name
    let mine = place.appending(path: name)
    var isExpected = false
    defer {
      if !isExpected {
        try? FileManager.default.removeItem(at: mine)
        rmdir(place.path(percentEncoded: false))
      }
    }
    return try await waiting { () throws -> String? in
      let found = (try? Data(contentsOf: answer)).flatMap { try? JSONDecoder().decode(Answer.self, from: $0) }
      if let found, found.guests.contains(name) {
        isExpected = true
        return found.file
      }
      if !mine.exists {
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        // Process 0 may just be tidying up: then it is written again.
        _ = FileManager.default.createFile(atPath: mine.path(percentEncoded: false), contents: nil)
      }
      return nil
    } orElse: {
      TrainingError.missingProcesses([0], count: count)
    }
  }

  private func names() -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: place.path(percentEncoded: false))) ?? []
  }

  private func waiting<Result>(
    for find: () throws -> Result?, orElse error: () -> TrainingError
  ) async throws -> Result {
    let begin = ContinuousClock.now
    while true {
      if let found = try find() { return found }
      guard ContinuousClock.now - begin < patience else { throw error() }
      try await Task.sleep(for: Self.pause)
    }
  }

  /// A process that wants to take part.
  private struct Guest {
    let rank: Int
    let name: String

    init(rank: Int) {
      self.rank = rank
      name = "\(rank).\(UUID().uuidString)"
    }

    init?(_ name: String) {
      guard let match = name.wholeMatch(of: #/(\d+)\.[0-9A-F-]{36}/#), let rank = Int(match.1) else { return nil }
      self.rank = rank
      self.name = name
    }
  }
}

extension ProcessGroup {
  /// Waits for the other processes of a training.
  ///
  /// - Parameters:
  ///   - folder: where they find each other, seen by all; process 0 must have it for itself.
  ///   - patience: how long to wait.
  /// - Throws: ``TrainingError``; `TorchError`; `CancellationError`; `FileError`.
  public static func join(
    rank: Int, of count: Int, in folder: URL, patience: Duration = .seconds(600)
  ) async throws -> ProcessGroup {
    try await MeetingPlace(folder: folder, rank: rank, count: count, patience: patience).join()
  }
}
