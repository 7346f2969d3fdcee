import Foundation
import Testing

@testable import Datasets

@Suite struct KnownDatasetTests {
  @Test func everyFileIsComplete() {
    #expect(KnownDataset.all.count == 6)
    for file in KnownDataset.all.flatMap(\.files) {
      #expect(file.checksum.hex.wholeMatch(of: #/[0-9a-f]{32}/#) != nil)
      #expect(!file.addresses.isEmpty && file.addresses.allSatisfy { $0.lastPathComponent == file.name })
      #expect(file.download.maximumBytes > file.size)
    }
    #expect(Set(KnownDataset.all.flatMap(\.files).map(\.checksum)).count == 4 + 8)
  }

  @Test func byName() throws {
    for dataset in KnownDataset.all { #expect(try KnownDataset.named(dataset.name).summary == dataset.summary) }
    #expect(try KnownDataset.named("CIFAR10").downloadSize == 170_052_171)
    let error = #expect(throws: DatasetError.self) { try KnownDataset.named("cifar") }
    #expect(error?.localizedDescription.contains("“cifar” to fetch; known names: cifar10, imagenette") == true)
  }
}
