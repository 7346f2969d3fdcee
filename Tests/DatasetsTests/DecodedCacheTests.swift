import Foundation
import Rasters
import Synchronization
import TestSupport
import Testing

@testable import Datasets

@Suite struct DecodedCacheTests {
  private func expectEqual(_ a: Dataset, _ b: Dataset, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(colours(a.train) == colours(b.train), sourceLocation: sourceLocation)
    #expect(colours(a.test) == colours(b.test), sourceLocation: sourceLocation)
    #expect(a.train.labels == b.train.labels && a.test.labels == b.test.labels, sourceLocation: sourceLocation)
    #expect(a.provenance == b.provenance && a.unreadable == b.unreadable, sourceLocation: sourceLocation)
    #expect(a.warnings == b.warnings, sourceLocation: sourceLocation)
  }

  @Test func theSecondOpeningDecodesNothing() async throws {
    let set = try CachedSet()
    let uncached = try await ImageFolder.open(
      set.set.url, size: ImageSize(height: 2, width: 2), resize: .init("uniform") { resizeUniform($0, $1, $2) })
    let first = try await set.open()
    #expect(first.decoded == 12)
    #expect(set.files.count == 1)
    let second = try await set.open()
    #expect(second.decoded == 0)
    expectEqual(first.dataset, uncached)
    expectEqual(second.dataset, uncached)
    #expect(second.dataset.warnings == [])
  }

  /// The bytes of mapped files in a folder that count as this program's memory.
  private func resident(in folder: URL) throws -> Int {
    let path = folder.resolvingSymlinksInPath().path(percentEncoded: false)
    var (bytes, isOurs) = (0, false)
    // Read to its end: it has no size.
    let all = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/smaps")).readToEnd() ?? Data()
    for line in String(decoding: all, as: UTF8.self).split(separator: "\n") {
      // 7f00-7f10 r--s 00000000 fe:00 42   /the/file
      if line.contains("-"), line.contains(" r") { isOurs = line.contains(path) }
      if isOurs, line.hasPrefix("Rss:") { bytes += 1024 * (Int(line.split(separator: " ")[1]) ?? 0) }
    }
    return bytes
  }

  @Test("pixels that lie in a file stay in the program's memory neither when they are decoded nor when they are read")
  func memory() async throws {
    let set = try CachedSet()
    // Twelve images of 192 kB.
    let (side, size) = (256, 256 * 256 * 3)
    for _ in 0..<2 {
      let dataset = try await set.open(side: side).dataset
      #expect(try resident(in: set.folder.decoded) < 3 * size)
      let stored = try #require(dataset.train as? StoredImages)
      _ = stored.pixels.bytes.reduce(0 as UInt64) { $0 + UInt64($1) }
      #expect(try resident(in: set.folder.decoded) >= 6 * size)
      // Not in the order in which they lie.
      for index in [5, 0, 3, 1, 4, 2] { #expect(dataset.train[index].values.count == size) }
      #expect(try resident(in: set.folder.decoded) < 3 * size)
    }
  }

  @Test func progressCountsHashedAndThenDecodedImages() async throws {
    let set = try CachedSet(ClassFolderSet(count: 40))
    for rounds in [2, 1] {
      let calls = Counter()
      _ = try await ImageFolder.open(set.set.url, cache: set.folder, resize: refuseToResize) { calls.add(($0, $1)) }
      #expect(calls.values.allSatisfy { $0.1 == 160 })
      #expect(calls.values.count { $0.0 == 160 } == rounds && calls.values.last?.0 == 160)
    }
  }

  /// What is done to the data set, and whether it must be decoded anew.
  enum Change: CaseIterable {
    case touched, moved, otherText, changed, added, removed, renamed, classRenamed, swapped

    var isAnew: Bool { ![.touched, .moved, .otherText].contains(self) }
  }

  @Test(arguments: Change.allCases) func theContentDecides(change: Change) async throws {
    let set = try CachedSet()
    let before = try await set.open()
    let files = FileManager.default
    let image = set.set.folder.file("train/ant/1.png")
    let other = set.set.folder.file("train/ant/2.png")
    var url = set.set.url
    let moved = try TemporaryFolder()
    switch change {
    case .touched:
      try files.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: image.path)
    case .moved:
      url = moved.file("elsewhere")
      try files.copyItem(at: set.set.url, to: url)
    case .otherText: try Data("text".utf8).write(to: set.set.place("train/ant/notes.txt"))
    case .changed: try set.set.add("train/ant/1.png", [99, 99, 99])
    case .added: try set.set.add("test/bee/3.png", [99, 99, 99])
    case .removed: try files.removeItem(at: image)
    case .renamed: try files.moveItem(at: image, to: set.set.folder.file("train/ant/4.png"))
    case .classRenamed:
      for part in ["train", "test"] {
        try files.moveItem(at: set.set.folder.file("\(part)/bee"), to: set.set.folder.file("\(part)/bug"))
      }
    case .swapped:
      let (a, b) = try (Data(contentsOf: image), Data(contentsOf: other))
      try a.write(to: other)
      try b.write(to: image)
    }
    let after = try await set.open(url: url)
    #expect((after.decoded > 0) == change.isAnew)
    if change == .swapped { #expect(colours(after.dataset.train)[..<3] == [[0, 0, 0], [0, 0, 2], [0, 0, 1]]) }
    if change == .changed { #expect(colours(after.dataset.train)[1] == [99, 99, 99]) }
    if !change.isAnew { #expect(colours(after.dataset.train) == colours(before.dataset.train)) }
    #expect(try await set.open(url: url).decoded == 0)
  }

  @Test func settingsDecide() async throws {
    let set = try CachedSet()
    try set.set.add("train/bee/3.png", [70])
    let first = try await set.open()
    #expect(first.decoded == 13)
    let larger = try await set.open(side: 3)
    #expect(larger.decoded == 13 && larger.dataset.train.height == 3)
    #expect(try await set.open(resize: "otherwise").decoded == 13)
    let coloured = try await set.open(skipGrey: true)
    #expect(coloured.decoded == 12 && coloured.dataset.train.count == 6)
    #expect(set.files.count == 4)

    for _ in 0..<2 {
      let again = try await (set.open(), set.open(side: 3), set.open(skipGrey: true))
      #expect(again.0.decoded + again.1.decoded + again.2.decoded == 0)
      expectEqual(again.0.dataset, first.dataset)
      expectEqual(again.1.dataset, larger.dataset)
      expectEqual(again.2.dataset, coloured.dataset)
    }
  }

  @Test func greyImagesBetweenOthersStayLeftOut() async throws {
    let set = try CachedSet()
    for path in ["train/ant/0.png", "train/bee/1.png", "test/ant/2.png", "test/bee/2.png"] {
      try set.set.add(path, [70])
    }
    let first = try await set.open(skipGrey: true)
    let second = try await set.open(skipGrey: true)
    #expect(second.decoded == 0)
    expectEqual(second.dataset, first.dataset)
    #expect(colours(second.dataset.train) == [[0, 0, 1], [0, 0, 2], [0, 1, 0], [0, 1, 2]])
    #expect(colours(second.dataset.test) == [[1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]])
    #expect(second.dataset.provenance.hasSuffix("4 + 4 images of 2×2 (8 resized, 4 grey left out)"))
  }

  /// The images of one size are the same whether it is asked for or not, but several sizes must be asked for.
  @Test func severalSizesAreStillRefused() async throws {
    let set = try CachedSet()
    let refuse = ImageFolder.Resize("uniform", refuseToResize.body)
    #expect(try await set.open(side: 4).decoded == 0)
    _ = try await ImageFolder.open(set.set.url, cache: set.folder, resize: refuse)
    #expect(set.files.count == 1)
    try set.set.add("train/bee/3.png", [7, 8, 9], 9, 5)
    #expect(try await set.open(side: 4).decoded == 1)
    #expect(try await set.open(side: 4).decoded == 0)
    let error = await #expect(throws: DatasetError.self) {
      try await ImageFolder.open(set.set.url, cache: set.folder, resize: refuse)
    }
    #expect(error?.localizedDescription.contains("train/bee/3.png is 9×5") == true)
  }

  @Test("where nothing can be written the images stay in memory", arguments: ["file", "file/below", "no-folder"])
  func unwritable(name: String) async throws {
    let set = try CachedSet()
    let blocked = try TemporaryFolder()
    try Data().write(to: blocked.file("file"))
    try FileManager.default.createDirectory(at: blocked.file("no-folder"), withIntermediateDirectories: true)
    try Data().write(to: blocked.file("no-folder/decoded"))
    for _ in 0..<2 {
      let opened = try await set.open(cache: DataFolder(blocked.file(name)))
      #expect(opened.decoded == 12)
      #expect(colours(opened.dataset.train)[4] == [0, 1, 1])
      #expect(opened.dataset.warnings.count == 1)
      let start = "the decoded images cannot be kept in \(blocked.file(name).relativePath)/decoded"
      #expect(opened.dataset.warnings.first?.hasPrefix(start) == true)
    }
  }

  /// What no disk holds is refused before anything is reserved.
  @Test func refusesWhatNeitherDiskNorMemoryHolds() async throws {
    let set = try CachedSet()
    for side in [10_000_000, 4_000_000_000] {
      await #expect(throws: DatasetError.self) { try await set.open(side: side) }
    }
    #expect(set.files == [])
  }

  @Test func twoOpeningsAtOnce() async throws {
    let set = try CachedSet(ClassFolderSet(count: 30))
    async let one = set.open()
    async let two = set.open()
    let (a, b) = try await (one, two)
    expectEqual(a.dataset, b.dataset)
    #expect(set.files.count == 1 && a.dataset.warnings == [])
    #expect(try await set.open().decoded == 0)
  }

  @Test func cancelledDecodingLeavesNothing() async throws {
    let set = try CachedSet(ClassFolderSet(count: 100))
    let begun = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      try await ImageFolder.open(
        set.set.url, size: ImageSize(height: 2, width: 2), cache: set.folder,
        resize: .init("slow") { pixels, height, width in
          begun.continuation.finish()
          try await Task.sleep(for: .seconds(60))
          return resizeUniform(pixels, height, width)
        })
    }
    for await _ in begun.stream {}
    #expect(set.files.count == 1 && set.files[0].hasSuffix(".unfinished"))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(set.files == [])
  }

  @Test func whatKilledProcessesLeftIsRemovedAndNothingElse() async throws {
    let set = try CachedSet()
    try FileManager.default.createDirectory(at: set.folder.decoded, withIntermediateDirectories: true)
    for name in ["left.unfinished", "busy.unfinished", "notes.txt"] {
      try Data("x".utf8).write(to: set.folder.decoded.appending(path: name))
    }
    let busy = Glibc.open(set.folder.decoded.appending(path: "busy.unfinished").path, O_RDONLY)
    defer { close(busy) }
    #expect(flock(busy, LOCK_EX) == 0)
    _ = try await set.open()
    #expect(set.files.filter { !$0.hasSuffix(".images") } == ["busy.unfinished", "notes.txt"])
    #expect(set.files.count == 3)
  }

  @Test func filesThatChangeMeanwhileAreNotKept() async throws {
    let set = try CachedSet()
    let dataset = try await ImageFolder.open(
      set.set.url, size: ImageSize(height: 2, width: 2), cache: set.folder,
      resize: .init("meddling") { pixels, height, width in
        try set.set.add("train/ant/1.png", [99, 99, 99])
        return resizeUniform(pixels, height, width)
      })
    #expect(dataset.warnings == ["image files in \(set.set.url.relativePath) have changed while they were read"])
    #expect(dataset.train.count == 6)
    #expect(set.files == [])
  }

  @Test func unreadableImagesAreNamedAgain() async throws {
    let set = try CachedSet(ClassFolderSet(count: 50))
    try Data("text".utf8).write(to: set.set.place("train/ant/1.png"))
    try Data().write(to: set.set.place("test/bee/49.png"))
    let first = try await set.open()
    let second = try await set.open()
    #expect(first.decoded == 198 && second.decoded == 0)
    expectEqual(second.dataset, first.dataset)
    #expect(
      second.dataset.unreadable == [
        .notAPicture(path: set.set.path("train/ant/1.png")), .empty(path: set.set.path("test/bee/49.png")),
      ])

    // A third one is one too many, and nothing of that is kept.
    try Data("text".utf8).write(to: set.set.place("train/bee/7.png"))
    await #expect(throws: DatasetError.self) { try await set.open() }
    #expect(set.files.count == 1)
  }
}
