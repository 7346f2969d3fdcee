import Datasets
import Foundation
import Pictures
import Rasters
import TestSupport
import Testing

/// A data set of small PNG files, one colour each.
struct ClassFolderSet {
  let folder: TemporaryFolder
  var url: URL { folder.url }

  /// Every class gets `count` images in each part; the colour tells part, class and image.
  init(
    parts: [String] = ["train", "test"], classes: [String] = ["ant", "bee"], count: Int = 3, side: Int = 4
  ) throws {
    folder = try TemporaryFolder()
    for (part, partName) in parts.enumerated() {
      for (label, name) in classes.enumerated() {
        for index in 0..<count { try add("\(partName)/\(name)/\(index).png", [part, label, index], side, side) }
      }
    }
  }

  func add(_ path: String, _ colour: [Int], _ height: Int = 4, _ width: Int = 4) throws {
    let url = try place(path)
    let values = (0..<height * width).flatMap { _ in colour.map { UInt8($0) } }
    try PixelArray(height: height, width: width, channels: colour.count, values: values).writePNG(to: url)
  }

  func place(_ path: String) throws -> URL {
    let url = folder.file(path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    return url
  }

  func path(_ path: String) -> String { folder.file(path).relativePath }
}

/// Every pixel the value of the first: enough for pictures of one colour.
@Sendable func resizeUniform(_ pixels: PixelArray, _ height: Int, _ width: Int) -> PixelArray {
  let pixel = pixels.values.prefix(pixels.channels)
  let values = (0..<height * width).flatMap { _ in pixel }
  return PixelArray(height: height, width: width, channels: pixels.channels, values: values)
}

let refuseToResize = ImageFolder.Resize("refused") { pixels, _, _ in
  Issue.record("an image of the right size was resized")
  return pixels
}

/// The colours of the images, in order.
func colours(_ images: any LabelledImages) -> [[UInt8]] {
  images.labels.indices.map { index in
    let values = images[index].values
    #expect(values == Array((0..<values.count / 3).flatMap { _ in values[..<3] }))
    return Array(values[..<3])
  }
}

/// The names of Imagenette's class folders.
private let imagenette = [
  "n01440764", "n02102040", "n02979186", "n03000684", "n03028079", "n03394916", "n03417042", "n03425413", "n03445777",
  "n03888257",
]

@Suite struct ImageFolderTests {
  @Test(arguments: ["test", "val"]) func readsClassesInTheOrderOfTheirNames(testPart: String) async throws {
    let set = try ClassFolderSet(parts: ["train", testPart], classes: ["bee", "ant"], count: 2)
    try Data("not a picture".utf8).write(to: set.place("train/ant/notes.txt"))
    try Data("hidden".utf8).write(to: set.place("train/.cache/x.png"))
    let dataset = try await ImageFolder.open(set.url, resize: refuseToResize)
    #expect(dataset.train.classNames == ["ant", "bee"])
    #expect(dataset.train.labels == [0, 0, 1, 1])
    #expect(colours(dataset.train) == [[0, 1, 0], [0, 1, 1], [0, 0, 0], [0, 0, 1]])
    #expect(colours(dataset.test) == [[1, 1, 0], [1, 1, 1], [1, 0, 0], [1, 0, 1]])
    #expect(dataset.train.height == 4 && dataset.train.width == 4 && dataset.train.channels == 3)
    #expect(dataset.name == set.url.lastPathComponent)
    #expect(dataset.provenance == "\(dataset.name), class folders, 4 + 4 images of 4×4")
  }

  @Test func manyImagesKeepTheirOrder() async throws {
    let set = try ClassFolderSet(classes: ["ant", "bee"], count: 200, side: 1)
    let calls = Counter()
    let dataset = try await ImageFolder.open(set.url, resize: refuseToResize) { done, total in
      calls.add((done, total))
    }
    // Sorted by path: 0, 1, 10, 100, …
    let order = (0..<200).map(String.init).sorted { $0 + "." < $1 + "." }.map { UInt8($0)! }
    #expect(colours(dataset.train) == (0..<2).flatMap { label in order.map { [0, UInt8(label), $0] } })
    #expect(calls.values.map(\.0) == calls.values.map(\.0).sorted())
    #expect(calls.values.last?.0 == 800)
    #expect(calls.values.allSatisfy { $0.1 == 800 })
  }

  @Test func resizesWhatHasAnotherSize() async throws {
    let set = try ClassFolderSet()
    try set.add("train/ant/3.png", [7, 8, 9], 9, 5)
    try set.add("test/bee/3.png", [70], 2, 2)
    let dataset = try await ImageFolder.open(
      set.url, size: ImageSize(height: 4, width: 4),
      resize: .init("uniform") { pixels, height, width in
        #expect(
          [ImageSize(height: 9, width: 5), ImageSize(height: 2, width: 2)].contains(
            ImageSize(height: pixels.height, width: pixels.width)))
        return resizeUniform(pixels, height, width)
      })
    #expect(colours(dataset.train)[3] == [7, 8, 9])
    #expect(colours(dataset.test)[6] == [70, 70, 70])
    #expect(dataset.provenance.hasSuffix("7 + 7 images of 4×4 (2 resized, 1 grey)"))
  }

  /// Resizing may make grey what was coloured and the other way round.
  @Test func resizingMayChangeTheChannels() async throws {
    let set = try ClassFolderSet()
    try set.add("train/ant/3.png", [7, 8, 9], 9, 5)
    try set.add("test/bee/3.png", [70], 2, 2)
    let dataset = try await ImageFolder.open(
      set.url, size: ImageSize(height: 4, width: 4),
      resize: .init("swap") { pixels, height, width in
        let values = pixels.channels == 1 ? [1, 2, 3] : [50 as UInt8]
        return PixelArray(
          height: height, width: width, channels: values.count, values: (0..<height * width).flatMap { _ in values })
      })
    #expect(colours(dataset.train)[3] == [50, 50, 50])
    #expect(colours(dataset.test)[6] == [1, 2, 3])
  }

  @Test func refusesSeveralSizesWhenNoneIsChosen() async throws {
    let set = try ClassFolderSet()
    try set.add("train/bee/3.png", [7, 8, 9], 9, 5)
    let error = await #expect(throws: DatasetError.self) {
      try await ImageFolder.open(set.url, resize: refuseToResize)
    }
    #expect(
      error?.localizedDescription
        == "\(set.path("train/bee/3.png")) is 9×5, the images before it are 4×4")
  }

  @Test func greyImagesAreExpandedOrLeftOut() async throws {
    let set = try ClassFolderSet()
    try set.add("train/ant/1.png", [90])
    let expanded = try await ImageFolder.open(set.url, resize: refuseToResize)
    #expect(colours(expanded.train)[..<3] == [[0, 0, 0], [90, 90, 90], [0, 0, 2]])
    let without = try await ImageFolder.open(set.url, skipGrey: true, resize: refuseToResize)
    #expect(colours(without.train) == [[0, 0, 0], [0, 0, 2], [0, 1, 0], [0, 1, 1], [0, 1, 2]])
    #expect(without.train.labels == [0, 0, 1, 1, 1])
    #expect(without.provenance.hasSuffix("5 + 6 images of 4×4 (1 grey left out)"))
  }

  /// As the paper's authors prepared it.
  @Test func greyImagesOfImagenetteAreLeftOutUnlessTheyAreWanted() async throws {
    let set = try ClassFolderSet(parts: ["train", "val"], classes: imagenette, count: 2, side: 1)
    try set.add("val/\(imagenette[0])/9.png", [90], 1, 1)
    let usual = try await ImageFolder.open(set.url, resize: refuseToResize)
    #expect(usual.test.count == 20 && usual.provenance.hasSuffix("(1 grey left out)"))
    let all = try await ImageFolder.open(set.url, skipGrey: false, resize: refuseToResize)
    #expect(all.test.count == 21 && colours(all.test)[2] == [90, 90, 90])
  }

  @Test func refusesToLeaveEverythingOut() async throws {
    let set = try ClassFolderSet(parts: ["train"])
    for name in ["ant", "bee"] { try set.add("test/\(name)/0.png", [90]) }
    await #expect(throws: DatasetError.onlyGrey(path: set.path("test/"))) {
      try await ImageFolder.open(set.url, skipGrey: true, resize: refuseToResize)
    }
  }

  /// Two of 200 are 1% and left out; three are too many.
  @Test func leavesOutAFewUnreadableImages() async throws {
    let set = try ClassFolderSet(count: 50, side: 1)
    try Data("text".utf8).write(to: set.place("train/ant/1.png"))
    try Data().write(to: set.place("test/bee/49.png"))
    let dataset = try await ImageFolder.open(set.url, resize: refuseToResize)
    #expect(
      dataset.unreadable == [
        .notAPicture(path: set.path("train/ant/1.png")), .empty(path: set.path("test/bee/49.png")),
      ])
    #expect(dataset.train.labels == Array(repeating: 0, count: 49) + Array(repeating: 1, count: 50))
    #expect(colours(dataset.train)[..<2] == [[0, 0, 0], [0, 0, 10]])
    #expect(dataset.provenance.hasSuffix("99 + 99 images of 1×1 (2 unreadable left out)"))

    try Data("text".utf8).write(to: set.place("train/bee/7.png"))
    let error = await #expect(throws: DatasetError.self) {
      try await ImageFolder.open(set.url, resize: refuseToResize)
    }
    let message = error?.localizedDescription ?? ""
    #expect(message.hasPrefix("\(set.url.relativePath): 3 of 200 images cannot be read, more than 1%: "))
    #expect(message.contains(set.path("train/bee/7.png")))
  }

  @Test func saysWhatIsMissing() async throws {
    func message(_ set: ClassFolderSet) async -> String? {
      await #expect(throws: DatasetError.self) { try await ImageFolder.open(set.url, resize: refuseToResize) }?
        .localizedDescription
    }
    let noTest = try ClassFolderSet(parts: ["train"])
    #expect(
      await message(noTest)
        == "\(noTest.url.relativePath) has no folder test or val with a folder of images for each class")
    let oneClass = try ClassFolderSet(classes: ["ant"])
    #expect(
      await message(oneClass) == "\(oneClass.path("train/")) needs at least two class folders and has only “ant”")
    let noClass = try ClassFolderSet(parts: [])
    try noClass.add("train/0.png", [0])
    #expect(await message(noClass) == "\(noClass.path("train/")) needs at least two class folders and has none")
    let emptyClass = try ClassFolderSet()
    _ = try emptyClass.place("test/cow/0.png")
    #expect(
      await message(emptyClass)
        == "\(emptyClass.path("test/cow/")) contains no pictures; every class needs at least one")
    let different = try ClassFolderSet()
    try different.add("test/cow/0.png", [0])
    try different.add("train/dog/0.png", [0])
    let (train, test) = (different.path("train/"), different.path("test/"))
    #expect(
      await message(different)
        == "\(train) and \(test) have different classes: only \(train) has dog, only \(test) has cow")
  }

  @Test("links to its own or to another class bring no image in twice, and a class is not two")
  func links() async throws {
    let set = try ClassFolderSet()
    let outside = try ClassFolderSet(parts: ["more"], classes: ["ant"], count: 1)
    func link(_ path: String, _ target: String) throws {
      try FileManager.default.createSymbolicLink(atPath: set.path(path), withDestinationPath: target)
    }
    try link("train/ant/self", ".")
    try link("train/ant/bees", "../bee")
    try link("train/bee/ants", "../ant")
    try link("train/bee/more", outside.path("more/ant"))
    let dataset = try await ImageFolder.open(set.url, resize: refuseToResize)
    #expect(dataset.train.labels == [0, 0, 0, 1, 1, 1, 1] && dataset.test.count == 6)
    try link("train/cow", "bee")
    try link("test/cow", "bee")
    await #expect(throws: DatasetError.sameFolder(path: set.path("train/cow"))) {
      try await ImageFolder.open(set.url, resize: refuseToResize)
    }
  }

  @Test func refusesWhatNoMemoryHolds() async throws {
    let set = try ClassFolderSet()
    for side in [10_000_000, 4_000_000_000] {
      await #expect(throws: DatasetError.self) {
        try await ImageFolder.open(set.url, size: ImageSize(height: side, width: side), resize: refuseToResize)
      }
    }
  }

  @Test func givesImagenetteItsEnglishNames() async throws {
    let set = try ClassFolderSet(parts: ["train", "val"], classes: imagenette, count: 1, side: 1)
    let dataset = try await ImageFolder.open(set.url, resize: refuseToResize)
    #expect(dataset.name == "Imagenette")
    #expect(
      dataset.test.classNames == [
        "tench", "English springer", "cassette player", "chain saw", "church", "French horn", "garbage truck",
        "gas pump", "golf ball", "parachute",
      ])
  }

  /// As published its images are of many sizes; resized already, they stay as they are.
  @Test(arguments: [false, true]) func imagenetteInSizesOfItsOwnBecomesThePapers(isMixed: Bool) async throws {
    let set = try ClassFolderSet(parts: ["train", "val"], classes: imagenette, count: 1, side: 4)
    if isMixed { try set.add("train/n03888257/0.png", [1, 2, 3], 5, 4) }
    let dataset = try await ImageFolder.open(
      set.url, resize: .init("uniform") { resizeUniform($0, $1, $2) })
    #expect(dataset.test.height == (isMixed ? 224 : 4) && dataset.test.width == dataset.test.height)
  }

  @Test func stopsWhenCancelled() async throws {
    let set = try ClassFolderSet(count: 100, side: 1)
    let task = Task {
      try await ImageFolder.open(
        set.url, size: ImageSize(height: 2, width: 2),
        resize: .init("slow") { pixels, height, width in
          try await Task.sleep(for: .seconds(60))
          return resizeUniform(pixels, height, width)
        })
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

/// What a progress callback was called with.
final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var stored: [(Int, Int)] = []

  func add(_ value: (Int, Int)) { lock.withLock { stored.append(value) } }

  var values: [(Int, Int)] { lock.withLock { stored } }
}
