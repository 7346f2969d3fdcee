import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct DatasetInspectionTests {
  @Test func countsClassFolders() async throws {
    let set = try ClassFolderSet(parts: ["train", "val"], count: 70)
    try set.add("train/bee/more.png", [1, 2, 3], 9, 5)
    try set.add("val/ant/grey.png", [7])
    try Data("text".utf8).write(to: set.place("train/ant/0.png"))
    let found = try await DatasetInspection(of: set.url.path)
    #expect(found.classNames == ["ant", "bee"])
    #expect(found.parts.map(\.name) == ["train", "test"])
    #expect(found.parts.map(\.counts) == [[69, 71], [71, 70]])
    #expect(found.parts[0].sizes == [ImageSize(height: 4, width: 4), ImageSize(height: 9, width: 5)])
    #expect(found.parts[1].count == 141)
    #expect(found.problems.count == 1)
    #expect(found.problems.first?.contains("train/ant/0.png is not a picture") == true)
  }

  @Test func countsIDX() async throws {
    let idx = try IDXFolder()
    let found = try await DatasetInspection(of: idx.url.path)
    #expect(found.parts.map(\.counts) == [[1, 1, 1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]])
    #expect(found.parts.map(\.sizes) == [[ImageSize(height: 2, width: 3)], [ImageSize(height: 2, width: 3)]])
    #expect(found.problems == [])
    try idx.write(IDXFolder.labels([0, 1, 2, 10]), to: "t10k-labels-idx1-ubyte")
    await #expect(throws: DatasetError.self) { try await DatasetInspection(of: idx.url.path) }
  }

  @Test func whatIsNoDataset() async throws {
    let folder = try TemporaryFolder()
    await #expect(throws: DatasetError.notADataset(path: folder.url.path)) {
      try await DatasetInspection(of: folder.url.path)
    }
    let one = try ClassFolderSet(classes: ["ant"])
    await #expect(throws: DatasetError.tooFewClasses(path: one.path("train"), found: ["ant"])) {
      try await DatasetInspection(of: one.url.path)
    }
    await #expect(throws: DatasetError.notFetched(name: "mnist")) {
      try await DatasetInspection(of: "mnist", in: DataFolder(folder.url))
    }
  }

  @Test("what has changed since the fetch is told")
  func changes() async throws {
    let folder = try TemporaryFolder()
    let data = DataFolder(folder.file("store"))
    let set = try ClassFolderSet(classes: KnownClasses.cifar10, count: 2, side: 32)
    try TarFile.write(folder: set.url, top: "a", to: folder.file("a.tar"), as: ".tar")
    let url = try await data.fetch(KnownDataset.named("cifar10"), from: folder.file("a.tar"))
    let place = { (path: String) in url.appending(path: path) }
    try FileManager.default.removeItem(at: place("train/cat/0.png"))
    try FileManager.default.copyItem(at: place("train/cat/1.png"), to: place("train/dog/2.png"))
    try Data(contentsOf: place("train/cat/1.png")).write(to: place("test/cat/0.png"))
    let found = try await DatasetInspection(of: "cifar10", in: data)
    #expect(
      found.problems == [
        "test/cat/0.png has changed since it was fetched", "train/cat/0.png is missing",
        "train/dog/2.png was not there when the data set was fetched",
      ])
    #expect(found.parts[0].counts == [2, 2, 2, 1, 2, 3, 2, 2, 2, 2])
  }
}
