import Distribution
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Experiments

private struct Settings: RunSettings {
  struct Part: Equatable, Codable {
    var stepCount = 3
    var rates = [0.1, 0.2]
  }

  var part = Part()
  var options = ["b": "1", "a": "2"]
  var limit: Int?

  static let words = ["options": "options of maps"]
}

private struct Others: RunSettings {
  var number = 1
}

@Suite struct RunFolderTests {
  private let folder: TemporaryFolder
  private let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("run")
  }

  private static let identity = RunIdentity(
    model: "m", data: ["training images": "a", "test images": "b"], device: .cpu)

  private func open(
    _ existing: RunFolder.Existing = .resume, _ settings: Settings = Settings(),
    _ identity: RunIdentity = RunFolderTests.identity, known: [String] = []
  ) throws -> RunFolder {
    try RunFolder(url, settings, identity, parts: ["part", "piece"], existing: existing, known: known)
  }

  private func add(_ name: String, _ content: String = "x") throws {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content.utf8).write(to: file)
  }

  private var names: Set<String> {
    Set((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [])
  }

  @Test("begun, resumed and finished; where nothing is, resuming begins")
  func resume() throws {
    do {
      let run = try open(.resume)
      #expect(!run.isResumed && names == [".lock", "settings.json"])
      try run.write(["one": 1], as: "part/a.json")
    }
    do {
      let run = try open(.resume)
      #expect(run.isResumed && run.read([String: Int].self, from: "part/a.json") == ["one": 1])
      #expect(run.read([Int].self, from: "part/a.json") == nil && run.read([Int].self, from: "none") == nil)
      #expect(
        try run.finish([("b.csv", Data("x,y\n1,2\n".utf8))], summary: [1]) == ["b.csv", "summary.json"])
      #expect(try String(contentsOf: run.file("b.csv"), encoding: .utf8) == "x,y\n1,2\n")
    }
    #expect(names == ["settings.json", "part", "b.csv", "summary.json"])
    // Looked into, they are whole as before; when they may change they are not until it is finished again.
    do {
      let run = try open(.resume)
      #expect(names.subtracting([".lock"]) == ["settings.json", "part", "b.csv", "summary.json"])
      try run.reopen()
    }
    #expect(names == ["settings.json", "part", "b.csv"])
  }

  @Test("killed before anything was written, it begins")
  func killedEarly() throws {
    try add(".lock", "")
    try add(".saliency-1.tmp")
    #expect(try !open(.refuse).isResumed)
    #expect(names == ["settings.json"])
  }

  @Test("what differs is said: data, model, device and settings")
  func differences() throws {
    do { _ = try open() }
    func expect(_ differences: [String], _ settings: Settings = Settings(), _ identity: RunIdentity = Self.identity) {
      #expect(throws: RunFolderError.otherRun(folder: url.relativePath, differences: differences)) {
        try open(.resume, settings, identity)
      }
    }
    func identity(
      model: String? = "m", train: String = "a", test: String? = "b", device: Device = .cpu
    ) -> RunIdentity {
      var data = ["training images": train]
      data["test images"] = test
      return RunIdentity(model: model, data: data, device: device)
    }
    expect(["model"], Settings(), identity(model: "n"))
    expect(["model"], Settings(), identity(model: nil))
    expect(["training images"], Settings(), identity(train: "c"))
    expect(["test images"], Settings(), identity(test: nil))
    expect(["test images", "training images"], Settings(), identity(train: "c", test: "c"))
    expect(["device"], Settings(), identity(device: .cuda))
    var settings = Settings()
    settings.part.stepCount = 4
    expect(["step count"], settings)
    settings.part.rates = []
    settings.options = ["a": "2", "b": "2"]
    settings.limit = 1
    expect(["model", "step count", "rates", "options of maps", "limit"], settings, identity(model: "n"))
    // Nothing was changed by it.
    #expect(try open().isResumed)
  }

  @Test("another libtorch, or a version that gives other numbers, is another run", arguments: ["libtorch", "revision"])
  func versions(key: String) throws {
    do { _ = try open() }
    let file = url.appending(path: "settings.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    let old = key == "libtorch" ? "\"\(Torch.version)\"" : "\"revision\" : 1"
    #expect(text.contains(old))
    try add("settings.json", text.replacing(old, with: key == "libtorch" ? "\"0.1\"" : "\"revision\" : 0"))
    let different = key == "libtorch" ? "libtorch" : "version of this library"
    #expect(throws: RunFolderError.otherRun(folder: url.relativePath, differences: [different])) { try open() }
  }

  @Test("what is there is neither replaced nor mixed unasked")
  func refuse() throws {
    do { _ = try open(.refuse) }
    #expect(throws: RunFolderError.holdsResults(folder: url.relativePath)) { try open(.refuse) }
    #expect(throws: RunFolderError.holdsResults(folder: url.relativePath)) { try RunFolder.checkEmpty(url) }
    try FileManager.default.removeItem(at: url.appending(path: "settings.json"))
    try RunFolder.checkEmpty(url)
    try add("thesis.txt")
    for existing in [RunFolder.Existing.refuse, .resume] {
      #expect(throws: RunFolderError.holdsOtherFiles(folder: url.relativePath)) { try open(existing) }
    }
    #expect(try open(.replace).isResumed == false)
    #expect(names == ["settings.json", "thesis.txt"])
  }

  @Test("parts without a record of what they are of are not gone on with, but for what says it itself")
  func unidentified() throws {
    for name in ["part/x", "summary.json"] {
      try add(name)
      #expect(throws: RunFolderError.unidentified(folder: url.relativePath)) { try open() }
      try FileManager.default.removeItem(at: url)
    }
    // The record of an earlier version.
    try add("settings.json", #"{"part": {"stepCount": 3, "rates": [0.1, 0.2]}, "options": {}}"#)
    #expect(throws: RunFolderError.unidentified(folder: url.relativePath)) { try open() }
    try FileManager.default.removeItem(at: url)
    try add("piece")
    try add("other.txt")
    #expect(throws: RunFolderError.holdsResults(folder: url.relativePath)) { try open(.refuse, known: ["piece"]) }
    #expect(try open(known: ["piece"]).isResumed)
    try FileManager.default.removeItem(at: url.appending(path: "settings.json"))
    try add("part/x")
    #expect(throws: RunFolderError.unidentified(folder: url.relativePath)) { try open(known: ["piece"]) }
  }

  @Test("a damaged record", arguments: ["", "{", "[]", "null"])
  func damaged(text: String) throws {
    try add("settings.json", text)
    let path = url.appending(path: "settings.json").relativePath
    #expect(throws: RunFolderError.damaged(path: path)) { try open() }
    #expect(try !open(.replace).isResumed)
  }

  @Test("replacing removes what the run wrote, and nothing else, whatever the record says")
  func replace() throws {
    do { _ = try open().finish([("figure.png", Data())], summary: [1]) }
    for name in ["part/x", "own.txt", "../precious"] { try add(name) }
    let text = try String(contentsOf: url.appending(path: "settings.json"), encoding: .utf8)
    #expect(text.contains("\"figure.png\""))
    try add(
      "settings.json",
      text.replacing("\"figure.png\"", with: "\"figure.png\", \"../precious\", \"..\", \"\", \".\", \"/\""))
    do { _ = try open(.replace) }
    #expect(names == ["settings.json", "own.txt"])
    #expect(FileManager.default.fileExists(atPath: folder.file("precious").path))
    // What a run of another kind wrote, too.
    do { _ = try open(.replace).finish([("figure.png", Data())], summary: [1]) }
    let error = RunFolderError.otherRun(folder: url.relativePath, differences: ["what is measured"])
    #expect(throws: error) { try RunFolder(url, Others(), Self.identity, existing: .resume) }
    do { _ = try RunFolder(url, Others(), Self.identity, existing: .replace) }
    #expect(names == ["settings.json", "own.txt"])
  }

  @Test("one run at a time")
  func busy() throws {
    let run = try open()
    for existing in [RunFolder.Existing.refuse, .resume, .replace] {
      #expect(throws: RunFolderError.busy(folder: url.relativePath)) { try open(existing) }
    }
    withExtendedLifetime(run) {}
  }

  @Test("processes that share it each get other pieces; one puts the results together, and nobody else comes in")
  func shared() throws {
    let first = try open(.share(Worker()))
    let second = try open(.share(Worker()))
    #expect(!first.isResumed && second.isResumed)
    for existing in [RunFolder.Existing.refuse, .resume, .replace] {
      #expect(throws: RunFolderError.busy(folder: url.relativePath)) { try open(existing) }
    }
    var other = Settings()
    other.limit = 1
    let error = RunFolderError.otherRun(folder: url.relativePath, differences: ["limit"])
    #expect(throws: error) { try open(.share(Worker()), other) }
    let queues = (try first.queue(0..<3), try second.queue(0..<3))
    let pieces = [try queues.0.next(), try queues.1.next(), try queues.0.next()].map(\.?.number)
    #expect(pieces == [0, 1, 2])
    for piece in [0, 2] { try queues.0.finish(piece) }
    try queues.1.finish(1)
    #expect(try queues.0.next() == nil && queues.1.next() == nil)
    try second.takeLead()
    #expect(throws: RunFolder.LeftToAnother.self) { try first.takeLead() }
    _ = try second.finish([("figure.png", Data())], summary: [1])
    #expect(throws: RunFolder.LeftToAnother.self) { try first.takeLead() }
    withExtendedLifetime((first, second)) {}
  }

  @Test("finished, it is left as a run alone leaves it; come again, its results are put together again")
  func sharedAgain() throws {
    for _ in 0..<2 {
      let run = try open(.share(Worker()))
      let queue = try run.queue(0..<2)
      while let piece = try queue.next() { try queue.finish(piece.number) }
      try run.takeLead()
      _ = try run.finish([], summary: [1])
    }
    #expect(names == ["settings.json", "summary.json"])
  }

  @Test("what was lost with a killed process is known to the next one, once")
  func lost() throws {
    do { _ = try open(.share(Worker())) }
    try add(".claims", "1" + String(repeating: "\n", count: 15) + "b" + "rank 1 of 2 (Slurm) on node7, process 12")
    do {
      let run = try open(.share(Worker()))
      #expect(run.lost.map(\.piece) == [0] && run.lost.map(\.by) == ["rank 1 of 2 (Slurm) on node7, process 12"])
    }
    #expect(try open(.share(Worker())).lost.isEmpty)
    // Alone, it is of no interest, and gone.
    try add(".claims", "b1")
    #expect(try open(.resume).lost.isEmpty)
    #expect(!names.contains(".claims"))
  }
}
