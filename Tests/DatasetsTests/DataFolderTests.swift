import Foundation
import Testing

@testable import Datasets

@Suite struct DataFolderTests {
  @Test func datasetsHaveFoldersOfTheirOwn() {
    let folder = DataFolder(URL(filePath: "/data"))
    #expect(folder.dataset("cifar10").path == "/data/datasets/cifar10")
    #expect(folder.dataset("mnist") != folder.dataset("fashion-mnist"))
  }
}
