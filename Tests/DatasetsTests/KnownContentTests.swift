import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct KnownContentTests {
  private func reason(_ content: KnownContent, _ folder: URL) -> String? {
    let error = #expect(throws: DatasetError.self) { try content.check(folder, name: "it") }
    guard case .otherContent(folder.relativePath, "it", let reason) = error else {
      Issue.record("\(error as Any)")
      return nil
    }
    return reason
  }

  @Test func cifarAsClassFolders() throws {
    let set = try ClassFolderSet(classes: KnownClasses.cifar10, count: 1, side: 32)
    try KnownContent.cifar10.check(set.url, name: "cifar10")
    let small = try ClassFolderSet(classes: KnownClasses.cifar10, count: 1, side: 4)
    #expect(reason(.cifar10, small.url) == "its first image is 4×4, those of CIFAR-10 are 32×32")
    let few = try ClassFolderSet(classes: KnownClasses.cifar10.filter { $0 != "frog" }, count: 1, side: 32)
    #expect(reason(.cifar10, few.url) == "its folder train has 9 classes without frog")
    let many = try ClassFolderSet(classes: KnownClasses.cifar10 + ["zebra"], count: 1, side: 32)
    #expect(reason(.cifar10, many.url) == "its folder train has 11 classes, more than 10")
    #expect(reason(.imagenette(shorterSide: nil), set.url)?.contains("without n01440764, n02102040") == true)
    #expect(reason(.mnist, set.url)?.contains("train-images") == true)
  }

  /// As large as the official ones; the disk has no room taken by what is not written.
  @Test func cifarAsBinaryFiles() throws {
    let folder = try TemporaryFolder()
    for name in (1...5).map({ "data_batch_\($0).bin" }) + ["test_batch.bin"] {
      try Data().write(to: folder.file(name))
      #expect(truncate(folder.file(name).path, 30_730_000) == 0)
    }
    try KnownContent.cifar10.check(folder.url, name: "cifar10")
    #expect(truncate(folder.file("data_batch_4.bin").path, 30_729_999) == 0)
    #expect(reason(.cifar10, folder.url)?.contains("no folder train") == true)
  }

  @Test func imagenette() throws {
    let classes = KnownClasses.imagenette.keys.sorted()
    let set = try ClassFolderSet(parts: ["train", "val"], classes: classes, count: 1, side: 8)
    try KnownContent.imagenette(shorterSide: nil).check(set.url, name: "imagenette")
    try KnownContent.imagenette(shorterSide: 8).check(set.url, name: "imagenette")
    #expect(reason(.imagenette(shorterSide: 160), set.url)?.contains("8×8") == true)
    for file in try FileManager.default.contentsOfDirectory(
      at: set.place("val/n03888257/x").deletingLastPathComponent(), includingPropertiesForKeys: nil)
    {
      try FileManager.default.removeItem(at: file)
    }
    #expect(throws: DatasetError.emptyClass(path: set.path("val/n03888257"))) {
      try KnownContent.imagenette(shorterSide: nil).check(set.url, name: "imagenette")
    }
  }

  @Test func idx() throws {
    let other = try IDXFolder()
    #expect(reason(.mnist, other.url) == "its images are 2×3 instead of 28×28")
    let small = try IDXFolder()
    try small.makeTiny()
    try KnownContent.mnist.check(small.url, name: "mnist")
    try KnownContent.fashionMNIST.check(small.url, name: "fashion-mnist")
  }

  /// Both have the same format; as large as published they differ in the sizes of their classes.
  @Test func digitsAreNotClothes() throws {
    let idx = try IDXFolder()
    try idx.makeTiny(test: 10_000)
    try KnownContent.fashionMNIST.check(idx.url, name: "fashion-mnist")
    #expect(reason(.mnist, idx.url)?.contains("Fashion-MNIST") == true)
    try idx.write(IDXFolder.labels((0..<10_000).map { $0 == 0 ? 1 : $0 % 10 }), to: "t10k-labels-idx1-ubyte")
    try KnownContent.mnist.check(idx.url, name: "mnist")
    #expect(reason(.fashionMNIST, idx.url)?.contains("1,000 of each class") == true)
  }
}

extension IDXFolder {
  /// Images as large as MNIST's, and few.
  func makeTiny(test: Int = 10) throws {
    for (part, count) in [("train", 20), ("t10k", test)] {
      let header = Self.bytes([0x0803, UInt32(count), 28, 28])
      try write(header + [UInt8](repeating: 9, count: count * 784), to: "\(part)-images-idx3-ubyte")
      try write(Self.labels((0..<count).map { $0 % 10 }), to: "\(part)-labels-idx1-ubyte")
    }
  }
}
