import CZlib
import Datasets
import Foundation
import Rasters
import TestSupport
import Testing

/// A folder with the four files: 6 + 4 images of 2×3 whose bytes count upwards, labels 0, 1, 2, …
struct IDXFolder {
  let folder: TemporaryFolder
  let url: URL

  init(named name: String = "mnist", gzipped: Bool = false) throws {
    folder = try TemporaryFolder()
    url = folder.file(name)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (part, count) in [("train", 6), ("t10k", 4)] {
      try write(Self.images(count), to: "\(part)-images-idx3-ubyte", gzipped: gzipped)
      try write(Self.labels(0..<count), to: "\(part)-labels-idx1-ubyte", gzipped: gzipped)
    }
  }

  static func bytes(_ numbers: [UInt32]) -> [UInt8] {
    numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
  }

  static func images(_ count: Int) -> [UInt8] {
    bytes([0x0803, UInt32(count), 2, 3]) + (0..<count * 6).map(UInt8.init)
  }

  static func labels(_ labels: some Collection<Int>) -> [UInt8] {
    bytes([0x0801, UInt32(labels.count)]) + labels.map(UInt8.init)
  }

  /// Opens the data set; the folder stays until that is done.
  func open() throws -> Dataset { try withExtendedLifetime(folder) { try IDX.open(url) } }

  func path(_ name: String) -> String { url.appending(path: name).relativePath }

  func write(_ content: [UInt8], to name: String, gzipped: Bool = false) throws {
    guard gzipped else { return try Data(content).write(to: url.appending(path: name)) }
    let file = try #require(gzopen(path(name) + ".gz", "wb"))
    #expect(gzwrite(file, content, UInt32(content.count)) == content.count)
    #expect(gzclose(file) == Z_OK)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(at: url.appending(path: name)) }
}

@Suite struct IDXTests {
  @Test(arguments: [false, true]) func readsImagesAndLabels(gzipped: Bool) throws {
    let dataset = try IDXFolder(gzipped: gzipped).open()
    #expect(dataset.name == "MNIST")
    #expect(dataset.provenance == "MNIST, IDX files, 6 + 4 grey images of 2×3")
    #expect(dataset.unreadable.isEmpty)
    #expect(dataset.train.classNames == (0...9).map(String.init))
    #expect(dataset.train.labels == [0, 1, 2, 3, 4, 5])
    #expect(dataset.test.labels == [0, 1, 2, 3])
    #expect(dataset.train[5] == PixelArray(height: 2, width: 3, values: [30, 31, 32, 33, 34, 35]))
  }

  @Test func copiesImagesInTheOrderAskedFor() throws {
    let train = try IDXFolder().open().train
    let copied = [UInt8](unsafeUninitializedCapacity: 18) { buffer, count in
      train.copyPixels(of: [4, 0, 4], into: buffer)
      count = 18
    }
    #expect(copied == Array(24..<30) + Array(0..<6) + Array(24..<30))
  }

  @Test(arguments: ["fashion-mnist", "FashionMNIST/raw"]) func knowsTheClassesOfFashion(name: String) throws {
    let dataset = try IDXFolder(named: name).open()
    #expect(dataset.name == "Fashion-MNIST")
    #expect(dataset.test.classNames.first == "T-shirt/top")
    #expect(dataset.test.classNames.last == "Ankle boot")
    #expect(dataset.test.classNames.count == 10)
  }

  @Test(arguments: [("mnist", "MNIST"), ("MNIST/raw", "MNIST"), ("emnist", "emnist"), ("digits", "digits")])
  func takesTheNameFromTheFolder(folder: String, name: String) throws {
    let dataset = try IDXFolder(named: folder).open()
    #expect(dataset.name == name && dataset.test.name == "\(name), test")
    #expect(dataset.test.classNames == (0...9).map(String.init))
  }

  @Test(arguments: [false, true], ["train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"])
  func refusesTruncatedFiles(gzipped: Bool, name: String) throws {
    for missing in [1, 3, 9] {
      let idx = try IDXFolder(gzipped: gzipped)
      let file = idx.url.appending(path: gzipped ? name + ".gz" : name)
      let content = try Data(contentsOf: file)
      try content.dropLast(missing).write(to: file)
      let error = try #require(throws: DatasetError.self) { try idx.open() }
      #expect(error == .damaged(path: file.relativePath), "\(missing) bytes less")
      #expect(error.localizedDescription == "\(file.relativePath) is truncated or damaged")
    }
  }

  @Test func refusesADamagedChecksum() throws {
    let idx = try IDXFolder(gzipped: true)
    let file = idx.url.appending(path: "train-images-idx3-ubyte.gz")
    var content = try Data(contentsOf: file)
    content[content.count - 6] ^= 1
    try content.write(to: file)
    #expect(throws: DatasetError.damaged(path: file.relativePath)) { try idx.open() }
  }

  @Test func refusesAWrongMagicNumber() throws {
    let idx = try IDXFolder()
    try idx.write(IDXFolder.labels(0..<16), to: "train-images-idx3-ubyte")
    let path = idx.path("train-images-idx3-ubyte")
    #expect(throws: DatasetError.notIDX(path: path, kind: "images")) { try idx.open() }
  }

  @Test func refusesLabelsThatDoNotFit() throws {
    let idx = try IDXFolder()
    let path = idx.path("t10k-labels-idx1-ubyte")
    try idx.write(IDXFolder.labels(0..<5), to: "t10k-labels-idx1-ubyte")
    #expect(throws: DatasetError.countMismatch(path: path, labels: 5, images: 4)) { try idx.open() }
    try idx.write(IDXFolder.labels([0, 9, 10, 2]), to: "t10k-labels-idx1-ubyte")
    let error = try #require(throws: DatasetError.self) { try idx.open() }
    #expect(error == .labelOutOfRange(path: path, index: 2, label: 10, classes: 10))
    #expect(
      error.localizedDescription == "\(path): label 10 of image 2 is out of range; there are 10 classes, 0 to 9")
  }

  @Test func refusesOtherSizesToTestOn() throws {
    let idx = try IDXFolder()
    try idx.write(
      IDXFolder.bytes([0x0803, 4, 3, 2]) + Array(repeating: 0, count: 24), to: "t10k-images-idx3-ubyte")
    #expect(
      throws: DatasetError.sizeMismatch(
        path: idx.url.relativePath, train: ImageSize(height: 2, width: 3), test: ImageSize(height: 3, width: 2))
    ) { try idx.open() }
  }

  /// Sizes that no memory holds, whose product overflows, or of nothing.
  @Test(arguments: [[60_000, 28, 28], [4_294_967_295, 4_294_967_295, 4_294_967_295], [1 << 31, 1 << 31, 1]])
  func refusesHeadersThatPromiseTooMuch(shape: [UInt32]) throws {
    let idx = try IDXFolder()
    try idx.write(IDXFolder.bytes([0x0803] + shape) + [1, 2, 3], to: "train-images-idx3-ubyte")
    let path = idx.path("train-images-idx3-ubyte")
    #expect(throws: DatasetError.damaged(path: path)) { try idx.open() }
  }

  /// A megabyte of zeros in a kilobyte: only the 52 bytes that the header promises are unpacked.
  @Test func refusesABomb() throws {
    let idx = try IDXFolder(gzipped: true)
    try idx.write(
      IDXFolder.images(6) + Array(repeating: 0, count: 1 << 20), to: "train-images-idx3-ubyte", gzipped: true)
    let path = idx.path("train-images-idx3-ubyte.gz")
    #expect(throws: DatasetError.tooLong(path: path, expected: 52)) { try idx.open() }
  }

  /// The values are not even there: no memory was spent on them.
  @Test("headers that do not fit one another are refused before values are read")
  func headersFirst() throws {
    let idx = try IDXFolder()
    try idx.write(IDXFolder.bytes([0x0801, 7]) + [1, 2, 3], to: "t10k-labels-idx1-ubyte")
    #expect(throws: DatasetError.countMismatch(path: idx.path("t10k-labels-idx1-ubyte"), labels: 7, images: 4)) {
      try idx.open()
    }
    let sizes = try IDXFolder()
    try sizes.write(IDXFolder.bytes([0x0803, 4, 30, 20]) + [1, 2, 3], to: "t10k-images-idx3-ubyte")
    let (train, test) = (ImageSize(height: 2, width: 3), ImageSize(height: 30, width: 20))
    #expect(throws: DatasetError.sizeMismatch(path: sizes.url.relativePath, train: train, test: test)) {
      try sizes.open()
    }
  }

  @Test("images that are no such images, however well they are packed")
  func hugeImages() throws {
    let idx = try IDXFolder()
    for part in ["train", "t10k"] {
      let file = idx.url.appending(path: "\(part)-images-idx3-ubyte")
      try idx.write(IDXFolder.bytes([0x0803, part == "train" ? 6 : 4, 20_000, 20_000]), to: file.lastPathComponent)
      // A hole, which takes no room on the disk.
      #expect(truncate(file.path, 3 << 20) == 0)
    }
    let error = try #require(throws: DatasetError.self) { try idx.open() }
    #expect(
      error
        == .hugeImages(path: idx.path("train-images-idx3-ubyte"), size: ImageSize(height: 20_000, width: 20_000)))
  }

  @Test("bytes behind a gzipped file's end are refused", arguments: ["x", "garbage, much of it"])
  func trailingBytes(text: String) throws {
    let idx = try IDXFolder(gzipped: true)
    let file = idx.url.appending(path: "train-labels-idx1-ubyte.gz")
    try (Data(contentsOf: file) + Data(text.utf8)).write(to: file)
    #expect(throws: DatasetError.otherBytes(path: file.relativePath)) { try idx.open() }
  }

  @Test func refusesFilesWithoutImagesAndMissingFiles() throws {
    let idx = try IDXFolder()
    try idx.write(IDXFolder.images(0), to: "t10k-images-idx3-ubyte")
    try idx.write(IDXFolder.labels([]), to: "t10k-labels-idx1-ubyte")
    #expect(throws: DatasetError.noImages(path: idx.path("t10k-images-idx3-ubyte"))) { try idx.open() }
    try idx.remove("t10k-images-idx3-ubyte")
    #expect(throws: DatasetError.unreadable(path: idx.path("t10k-images-idx3-ubyte[.gz]"))) { try idx.open() }
  }
}
