import Rasters
import Testing

/// One grey pixel each, whose value is the image's number; classes one after the other.
private struct Numbered: LabelledImages {
  let name = "numbered"
  let classNames = ["a", "b", "c"]
  let height = 1
  let width = 1
  let channels = 1
  let labels: [Int32]

  init(classSizes: [Int]) {
    labels = classSizes.enumerated().flatMap { label, size in Array(repeating: Int32(label), count: size) }
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    for (place, index) in indices.enumerated() { buffer[place] = UInt8(index) }
  }
}

@Suite struct LimitedImagesTests {
  @Test(arguments: [
    (1, [0]), (2, [0, 5]), (3, [0, 3, 6]), (4, [0, 2, 5, 7]), (9, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
  ])
  func spreadsEvenly(limit: Int, numbers: [UInt8]) {
    let images = Numbered(classSizes: [5, 5]).limited(to: limit)
    #expect(images.count == limit)
    #expect(images.labels.indices.map { images[$0].values } == numbers.map { [$0] })
    #expect(images.labels == numbers.map { $0 < 5 ? 0 : 1 })
    #expect(images.name == "numbered, \(limit) of 10 images")
    #expect(images.classNames == ["a", "b", "c"] && images.imageSize == 1)
  }

  @Test func keepsTheSharesOfClasses() {
    let images = Numbered(classSizes: [100, 50, 10]).limited(to: 16)
    #expect((0..<3).map { label in images.labels.count { $0 == label } } == [10, 5, 1])
  }

  @Test func copiesInTheOrderAskedFor() {
    let images = Numbered(classSizes: [10]).limited(to: 5)
    let copied = [UInt8](unsafeUninitializedCapacity: 4) { buffer, count in
      images.copyPixels(of: [4, 0, 4, 1], into: buffer)
      count = 4
    }
    #expect(copied == [8, 0, 8, 2])
  }

  @Test(arguments: [10, 11, 1_000_000]) func leavesSmallSetsAlone(limit: Int) {
    let images = Numbered(classSizes: [10]).limited(to: limit)
    #expect(images.count == 10 && images.name == "numbered")
  }
}
