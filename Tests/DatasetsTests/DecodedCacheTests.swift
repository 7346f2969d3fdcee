import Foundation
import Rasters
import Synchronization
import TestSupport
import Testing

@testable import Datasets

/// A data set of images of 4×4 that are resized when they are decoded, so that decoding can be counted.
private struct CachedSet {
  let set: ClassFolderSet
  let cache: TemporaryFolder
  var folder: DataFolder { DataFolder(cache.url) }

  init(_ set: ClassFolderSet? = nil) throws {
    self.set = try set ?? ClassFolderSet()
    cache = try TemporaryFolder()
  }

  /// The data set, and how many images were decoded to open it.
  func open(
    side: Int = 2, skipGrey: Bool = false, resize name: String = "uniform", cache: DataFolder? = nil, url: URL? = nil
  ) async throws -> (dataset: Dataset, decoded: Int) {
    let calls = Counter()
    let dataset = try await ImageFolder.open(
      url ?? set.url, size: ImageSize(height: side, width: side), skipGrey: skipGrey, cache: cache ?? folder,
      resize: .init(name) { pixels, height, width in
        calls.add((pixels.height, pixels.width))
        return resizeUniform(pixels, height, width)
      })
    return (dataset, calls.values.count)
  }

  /// The names of the files that are kept, unfinished ones too.
  var files: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.decoded.path))?.sorted() ?? []
  }

  func file() throws -> URL {
    try #require(files.count == 1)
    return folder.decoded.appending(path: files[0])
  }
}

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

  /// What has become of the file.
  enum Damage: CaseIterable {
    case empty, cut, cutByOne, lengthened, foreign, pixel, summary, length, sum, folder
  }

  @Test(arguments: Damage.allCases) func aDamagedFileIsMadeAnew(damage: Damage) async throws {
    let set = try CachedSet()
    let first = try await set.open()
    let file = try set.file()
    let whole = try Data(contentsOf: file)
    var content = whole
    switch damage {
    case .empty: content = Data()
    case .cut: content = whole.dropLast(whole.count / 2)
    case .cutByOne: content = whole.dropLast(1)
    case .lengthened: content += [0]
    case .foreign: content = Data(repeating: 7, count: whole.count)
    case .pixel: content[17] ^= 1
    // The pixels, 12 bytes each, are followed by the summary; the trailer ends with sum, length and the format's name.
    case .summary: content[12 * 12 + 9] ^= 1
    case .length: content[whole.count - 16] ^= 1
    case .sum: content[whole.count - 48] ^= 1
    case .folder: break
    }
    // As a new file, because the old one is mapped.
    try content.write(to: file, options: .atomic)
    if damage == .folder {
      try FileManager.default.removeItem(at: file)
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
    }
    let second = try await set.open()
    #expect(second.decoded == 12)
    #expect(colours(second.dataset.train) == colours(first.dataset.train))
    if damage == .folder {
      #expect(second.dataset.warnings.count == 1)
    } else {
      #expect(second.dataset.warnings == [])
      #expect(try Data(contentsOf: set.file()) == whole)
      #expect(try await set.open().decoded == 0)
    }
  }

  @Test func aFileUnderAnotherNameIsNotTaken() async throws {
    let set = try CachedSet()
    _ = try await set.open()
    let original = try set.file()
    try set.set.add("train/ant/1.png", [99, 99, 99])
    _ = try await set.open()
    let other = try #require(set.files.first { $0 != original.lastPathComponent })
    let place = set.folder.decoded.appending(path: other)
    try FileManager.default.removeItem(at: place)
    try FileManager.default.copyItem(at: original, to: place)
    let opened = try await set.open()
    #expect(opened.decoded == 12)
    #expect(colours(opened.dataset.train)[1] == [99, 99, 99])
  }

  /// Several pieces with a checksum each, the last one not whole.
  @Test("a single byte that is another one is noticed, wherever it is", arguments: 0..<5)
  func flippedByte(turn: Int) async throws {
    let set = try CachedSet()
    let first = try await set.open(side: 200)
    let whole = try Data(contentsOf: set.file())
    let pixels = 12 * 120_000
    #expect(whole.count > pixels && pixels > 1 << 20)
    #expect(try await set.open(side: 200).decoded == 0)
    var content = whole
    // Both ends, both sides of the border of two pieces, and in between.
    let places = [0, pixels - 1, 1 << 20, (1 << 20) - 1, 654_321]
    content[places[turn]] ^= 1 << UInt8(turn)
    try content.write(to: set.file(), options: .atomic)
    let second = try await set.open(side: 200)
    #expect(second.decoded == 12)
    #expect(colours(second.dataset.train) == colours(first.dataset.train))
    #expect(try Data(contentsOf: set.file()) == whole)
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
