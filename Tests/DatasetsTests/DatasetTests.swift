import Datasets
import Foundation
import TestSupport
import Testing

@Suite struct DatasetTests {
  private func failure(_ nameOrPath: String, size: ImageSize? = nil) async -> String? {
    await #expect(throws: DatasetError.self) {
      try await Dataset.open(nameOrPath, size: size, resize: refuseToResize)
    }?.localizedDescription
  }

  @Test func opensEitherKindOfFolder() async throws {
    let idx = try IDXFolder()
    #expect(try await Dataset.open(idx.url.relativePath, resize: refuseToResize).train.channels == 1)
    let folders = try ClassFolderSet()
    #expect(try await Dataset.open(folders.url.relativePath, resize: refuseToResize).train.channels == 3)
  }

  @Test func idxImagesAreNotResized() async throws {
    let idx = try IDXFolder()
    let path = idx.url.relativePath
    let own = ImageSize(height: 2, width: 3)
    #expect(try await Dataset.open(path, size: own, resize: refuseToResize).test.count == 4)
    let other = ImageSize(height: 3, width: 3)
    #expect(
      try await Dataset.open(path, size: other, isSizeRequired: false, resize: refuseToResize).test.height == 2)
    #expect(
      await failure(path, size: other)
        == "the images of MNIST are 2×3 and are not resized")
  }

  @Test func saysWhatItLookedFor() async throws {
    #expect(
      await failure("no-such-thing")
        == "there is no folder “no-such-thing” and no data set of that name; known names: cifar10, "
        + "imagenette, imagenette-320, imagenette-160, mnist, fashion-mnist")
    let folder = try TemporaryFolder()
    let path = folder.url.relativePath
    #expect(
      await failure(path)
        == "\(path) is no data set: neither a folder train, nor train-images-idx3-ubyte (or .gz), nor data_batch_1.bin "
        + "is in it")
    try Data("x".utf8).write(to: folder.file("file"))
    #expect(await failure(folder.file("file").relativePath)?.hasSuffix("is a file; a data set is a folder") == true)
  }

  @Test func limitsEachPart() async throws {
    let idx = try IDXFolder()
    let dataset = try await Dataset.open(idx.url.relativePath, resize: refuseToResize)
    let limited = dataset.limited(to: 5)
    #expect(limited.train.labels == [0, 1, 2, 3, 4] && limited.test.labels == [0, 1, 2, 3])
    #expect(limited.train.name == "MNIST, train, 5 of 6 images" && limited.test.name == "MNIST, test")
    #expect(
      limited.provenance
        == "MNIST, IDX files, 6 + 4 grey images of 2×3, limited to 5 of 6 + 4 of 4 images")
    #expect(dataset.limited(to: 6).provenance == dataset.provenance)
  }

  @Test func findsWhatWasFetchedByName() async throws {
    let folder = try TemporaryFolder()
    let data = DataFolder(folder.url)
    for name in ["mnist", "fashion-mnist"] {
      let idx = try IDXFolder(named: name)
      let target = data.dataset(name)
      try FileManager.default.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.moveItem(at: idx.url, to: target)
    }
    #expect(try await Dataset.open("mnist", in: data, resize: refuseToResize).train.classNames[9] == "9")
    let fashion = try await Dataset.open("Fashion-MNIST", in: data, resize: refuseToResize)
    #expect(fashion.train.classNames[9] == "Ankle boot")
    #expect(fashion.train.count == 6)
    await #expect(throws: DatasetError.notFetched(name: "cifar10")) {
      try await Dataset.open("cifar10", in: data, resize: refuseToResize)
    }
    #expect(
      DatasetError.notFetched(name: "cifar10").localizedDescription
        == "cifar10 has not been fetched: run `saliency data fetch cifar10`")
  }

  /// Debian's package; on a machine without it the error says how to get it.
  @Test func findsFashionMNISTByName() async throws {
    let folder = try TemporaryFolder()
    let data = DataFolder(folder.url)
    if FileManager.default.fileExists(atPath: "/usr/share/datasets/fashion-mnist") {
      let dataset = try await Dataset.open("fashion-mnist", in: data, resize: refuseToResize)
      #expect(dataset.name == "Fashion-MNIST")
      #expect(dataset.train.count == 60_000 && dataset.test.count == 10_000)
      #expect(dataset.train.imageSize == 28 * 28)
      // Published with the data set: the classes are balanced.
      for label in 0..<10 { #expect(dataset.test.labels.count { $0 == label } == 1000) }
    } else {
      let error = await #expect(throws: DatasetError.self) {
        try await Dataset.open("fashion-mnist", in: data, resize: refuseToResize)
      }
      #expect(error?.localizedDescription.contains("apt-get install dataset-fashion-mnist") == true)
    }
  }
}
