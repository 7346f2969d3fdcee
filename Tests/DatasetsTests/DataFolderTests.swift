import Foundation
import Testing

@testable import Datasets

@Suite struct DataFolderTests {
  @Test(arguments: [
    (["XDG_CACHE_HOME": "/var/tmp/c", "HOME": "/home/u"], "/var/tmp/c/saliency"),
    (["XDG_CACHE_HOME": "relative", "HOME": "/home/u"], "/home/u/.cache/saliency"),
    (["XDG_CACHE_HOME": "", "HOME": "/home/u"], "/home/u/.cache/saliency"),
    (["HOME": "/home/u"], "/home/u/.cache/saliency"),
  ])
  func standardFolder(environment: [String: String], path: String) {
    #expect(DataFolder.standard(in: environment).url.standardizedFileURL.path == path)
  }

  @Test func datasetsHaveFoldersOfTheirOwn() {
    let folder = DataFolder(URL(filePath: "/data"))
    #expect(folder.dataset("cifar10").path == "/data/datasets/cifar10")
    #expect(folder.dataset("mnist") != folder.dataset("fashion-mnist"))
  }
}
