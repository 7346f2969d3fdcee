import Foundation
import Rasters
import TestSupport
import Testing

@testable import Datasets

@Suite struct CIFAR10Tests {
  private let folder: TemporaryFolder
  private let files: URL
  private let batches = (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]

  /// Three records a file; see ``value(_:_:_:)``.
  init() throws {
    folder = try TemporaryFolder()
    files = folder.file("cifar-10-batches-bin")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    for (batch, name) in batches.enumerated() {
      let records = (0..<3).flatMap { record -> [UInt8] in
        [Self.label(3 * batch + record)]
          + (0..<3).flatMap { channel in (0..<1024).map { Self.value(3 * batch + record, channel, $0) } }
      }
      try Data(records).write(to: files.appending(path: name))
    }
  }

  private static func label(_ image: Int) -> UInt8 { UInt8(image * 7 % 10) }

  /// Different for all pixels, channels and images nearby.
  private static func value(_ image: Int, _ channel: Int, _ pixel: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: image * 31 + channel * 101 + pixel * 3 + pixel / 256)
  }

  private func open(_ url: URL? = nil) throws -> Dataset { try CIFAR10.open(url ?? files, recordsPerFile: 3) }

  @Test(arguments: [false, true]) func readsPlanesIntoInterleavedPixels(parent: Bool) throws {
    let url = parent ? folder.url : files
    #expect(CIFAR10.isOne(url))
    let dataset = try open(url)
    #expect(dataset.name == "CIFAR-10")
    #expect(dataset.provenance == "CIFAR-10, binary files, 15 + 3 images of 32×32")
    #expect(dataset.train.classNames.first == "airplane" && dataset.test.classNames.last == "truck")
    #expect(dataset.train.name == "CIFAR-10, train" && dataset.test.name == "CIFAR-10, test")
    #expect(dataset.train.labels == (0..<15).map { Int32(Self.label($0)) })
    #expect(dataset.test.labels == (15..<18).map { Int32(Self.label($0)) })
    for (images, first) in [(dataset.train, 0), (dataset.test, 15)] {
      for index in images.labels.indices {
        let image = images[index]
        #expect(image.height == 32 && image.width == 32 && image.channels == 3)
        let expected = (0..<1024).flatMap { pixel in (0..<3).map { Self.value(first + index, $0, pixel) } }
        #expect(image.values == expected)
      }
    }
  }

  @Test func otherFoldersAreNone() throws {
    #expect(!CIFAR10.isOne(try TemporaryFolder().url))
    #expect(!CIFAR10.isOne(try IDXFolder().url))
  }

  @Test("by its folder it is known, but its files are too short here")
  func opensAsADataset() async throws {
    let error = await #expect(throws: DatasetError.self) {
      try await Dataset.open(folder.url.relativePath, resize: refuseToResize)
    }
    #expect(
      error
        == .wrongLength(
          path: files.appending(path: "data_batch_1.bin").relativePath, bytes: 3 * 3073, expected: 30_730_000))
  }

  @Test(arguments: ["data_batch_3.bin", "test_batch.bin"]) func refusesFilesOfAnotherLength(name: String) throws {
    let file = files.appending(path: name)
    let content = try Data(contentsOf: file)
    for other in [content.dropLast(1), content.dropLast(3073), content + [0], Data()] {
      try other.write(to: file)
      let error = try #require(throws: DatasetError.self) { try open() }
      #expect(error == .wrongLength(path: file.relativePath, bytes: other.count, expected: 9219))
      #expect(
        error.localizedDescription
          == "\(file.relativePath) has \(other.count) bytes, not 9219: it is truncated or another kind of file")
    }
  }

  @Test func refusesLabelsBeyondNine() throws {
    let file = files.appending(path: "data_batch_2.bin")
    var content = try Data(contentsOf: file)
    content[3073] = 10
    try content.write(to: file)
    #expect(throws: DatasetError.labelOutOfRange(path: file.relativePath, index: 1, label: 10, classes: 10)) {
      try open()
    }
  }

  @Test func namesAMissingFile() throws {
    for name in ["test_batch.bin", "data_batch_5.bin"] {
      let file = files.appending(path: name)
      try FileManager.default.removeItem(at: file)
      #expect(throws: DatasetError.unreadable(path: file.relativePath)) { try open() }
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
      #expect(throws: DatasetError.unreadable(path: file.relativePath)) { try open() }
    }
  }
}
