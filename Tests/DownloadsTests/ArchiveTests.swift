import Downloads
import Foundation
import TestSupport
import Testing

@Suite struct ArchiveTests {
  private let folder: TemporaryFolder
  private var target: URL { folder.file("out/data") }

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(at: folder.file("out"), withIntermediateDirectories: true)
  }

  private func unpack(_ name: String = "archive", bytes: Int = 1_000_000, entries: Int = 100) throws {
    try Archive.unpack(folder.file(name), to: target, limits: .init(bytes: bytes, entries: entries))
  }

  /// Expects the error, and nothing at all where the archive would have been unpacked.
  private func expectFailure(
    bytes: Int = 1_000_000, entries: Int = 100, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let error = #expect(throws: DownloadsError.self, sourceLocation: sourceLocation) {
      try unpack(bytes: bytes, entries: entries)
    }
    for word in words + [folder.file("archive").relativePath] {
      #expect(error?.localizedDescription.contains(word) == true, "\(error as Any)", sourceLocation: sourceLocation)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("out").path) == [])
    #expect(
      try Set(FileManager.default.contentsOfDirectory(atPath: folder.url.path)).subtracting(["archive", "out"]) == [])
  }

  private func read(_ path: String) throws -> String {
    try String(contentsOf: target.appending(path: path), encoding: .utf8)
  }

  @Test("a single folder at the top is left out", arguments: [".tar", ".tar.gz", ".tar.xz", ".tar.bz2", ".zip"])
  func formats(format: String) throws {
    try TarFile.write(
      [.folder("top"), .folder("top/empty"), .file("top/ä/b.txt", "text"), .file("./top/c", "")],
      to: folder.file("archive"), as: format)
    var seen: [Int] = []
    try Archive.unpack(folder.file("archive"), to: target, limits: .init(bytes: 4, entries: 4)) { bytes, total in
      #expect(bytes <= total)
      seen.append(bytes)
    }
    #expect(try read("ä/b.txt") == "text")
    #expect(try read("c") == "")
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: target.path).sorted() == ["c", "empty", "ä", "ä/b.txt"])
    #expect(!seen.isEmpty && seen == seen.sorted())
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("out").path) == ["data"])
  }

  @Test("several things at the top stay as they are")
  func severalAtTheTop() throws {
    try TarFile.write([.file("a/x", "1"), .file("b/x", "2")], to: folder.file("archive"))
    try unpack()
    #expect(try [read("a/x"), read("b/x")] == ["1", "2"])
  }

  @Test(
    "what leads out of the folder is refused",
    arguments: [
      ("../escaped", "leads out"), ("a/../../escaped", "leads out"), ("/tmp/saliency-escaped", "absolute"),
      ("a/..", "leads out"),
    ])
  func paths(path: String, problem: String) throws {
    try TarFile.write([.file("a/first", "1"), .file(path, "2")], to: folder.file("archive"))
    try expectFailure(path, problem)
    #expect(!FileManager.default.fileExists(atPath: "/tmp/saliency-escaped"))
  }

  @Test("links and devices are refused", arguments: ["symbolic", "hard", "device"])
  func links(kind: String) throws {
    let entry: TarFile.Entry =
      switch kind {
      case "symbolic": .symbolicLink("a/odd", to: "/etc")
      case "hard": .hardLink("a/odd", to: "/etc/passwd")
      default: .device("a/odd")
      }
    try TarFile.write([.file("a/first", "1"), entry, .file("a/odd/x", "2")], to: folder.file("archive"))
    try expectFailure("a/odd", kind == "device" ? "neither a file nor a folder" : "is a link")
  }

  @Test("a bomb is given up at the limit")
  func bomb() throws {
    try TarFile.write(
      [.file("zeros", Data(count: 50_000_000))], to: folder.file("archive"))
    let size = try #require(folder.file("archive").resourceValues(forKeys: [.fileSizeKey]).fileSize)
    #expect(size < 100_000)
    try expectFailure("more than 1000000 bytes")
  }

  @Test("too many files are given up at the limit")
  func manyFiles() throws {
    try TarFile.write((0..<101).map { .file("\($0)", "") }, to: folder.file("archive"))
    try expectFailure("more than 100 files")
  }

  @Test("a name that comes twice is refused")
  func twice() throws {
    try TarFile.write([.file("a", "1"), .file("a", "2")], to: folder.file("archive"))
    try expectFailure("“a”", "twice")
  }

  @Test("a name that no file can have is told in one line, whatever is in it")
  func impossibleName() throws {
    let name = String(repeating: "x", count: 300) + "\u{2}\n\u{1B}[31m"
    try TarFile.write([.file(name, "1")], to: folder.file("archive"), as: ".zip")
    let error = #expect(throws: DownloadsError.self) { try unpack() }
    let words = try #require(error?.localizedDescription)
    #expect(words.contains("xxx\u{FFFD} \u{FFFD}[31m cannot be written: file name too long"), "\(words)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("out").path) == [])
  }

  @Test("truncated archives are told", arguments: [".tar", ".tar.gz", ".tar.xz"])
  func truncated(format: String) throws {
    var random = SeededGenerator(seed: 1)
    let noise = Data((0..<200_000).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    try TarFile.write([.file("a/x", noise), .file("a/y", noise)], to: folder.file("archive"), as: format)
    let whole = try Data(contentsOf: folder.file("archive"))
    try whole.prefix(whole.count * 2 / 3).write(to: folder.file("archive"))
    try expectFailure("truncated or damaged")
  }

  @Test("what is no archive is told", arguments: ["", "no archive", String(repeating: "no archive ", count: 1000)])
  func noArchive(text: String) throws {
    try Data(text.utf8).write(to: folder.file("archive"))
    try expectFailure("no archive that can be unpacked")
  }

  @Test func missingArchive() throws {
    let error = #expect(throws: DownloadsError.self) { try unpack("none") }
    #expect(error?.localizedDescription.contains("none cannot be read") == true)
  }

  @Test("cancelled, it leaves nothing behind")
  func cancelled() async throws {
    try TarFile.write((0..<20).map { .file("\($0)", "text") }, to: folder.file("archive"))
    await #expect(throws: CancellationError.self) {
      try await Task {
        try Archive.unpack(folder.file("archive"), to: target, limits: .init(bytes: 1000, entries: 100)) { _, _ in
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }.value
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("out").path) == [])
  }

  @Test("what is there is not overwritten")
  func occupied() throws {
    try TarFile.write([.file("a", "new")], to: folder.file("archive"))
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
    try Data("old".utf8).write(to: target.appending(path: "a"))
    #expect(throws: DownloadsError.self) { try unpack() }
    #expect(try read("a") == "old")
  }
}
