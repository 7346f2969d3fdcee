import Datasets
import Downloads
import Foundation
import Rasters
import Synchronization
import Testing

/// Images of 700×500, so that a few of them are hashed at once, whose pixels are counted as they are read.
private final class Counted: LabelledImages {
  let name = "counted"
  let classNames: [String]
  let height = 700
  let width = 500
  let channels = 1
  let labels: [Int32]
  let read = Mutex(0)
  private let change: Int?

  init(labels: [Int32] = [0, 1, 1, 0, 1, 0, 0], classNames: [String] = ["a", "b"], change: Int? = nil) {
    (self.labels, self.classNames, self.change) = (labels, classNames, change)
  }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    for (place, index) in indices.enumerated() {
      read.withLock { $0 += 1 }
      for pixel in 0..<imageSize {
        buffer[place * imageSize + pixel] = UInt8(truncatingIfNeeded: pixel * 7 + index * 31)
      }
      // The last pixel of an image.
      if index == change { buffer[(place + 1) * imageSize - 1] ^= 1 }
    }
  }
}

@Suite struct DatasetDigestTests {
  @Test("the SHA-256 of size, class names, labels and pixels in one row")
  func content() throws {
    let images = Counted()
    let digest = Digest.sha256()
    func add(_ text: String) {
      var row = Data()
      withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { row.append(contentsOf: $0) }
      (row + Data(text.utf8)).withUnsafeBytes { digest.update($0) }
    }
    for text in ["700×500×1", "a", "b"] { add(text) }
    images.labels.withUnsafeBytes { digest.update($0) }
    for index in 0..<images.count { images[index].values.withUnsafeBytes { digest.update($0) } }
    #expect(try images.digest() == digest.finish().hex)
  }

  @Test("whatever is different makes it different")
  func differences() throws {
    let all = try [
      Counted(), Counted(change: 0), Counted(change: 6), Counted(labels: [1, 1, 1, 0, 1, 0, 0]),
      Counted(classNames: ["a", "c"]), Counted(classNames: ["ab", ""]),
    ].map { try $0.digest() }
    #expect(Set(all).count == all.count)
  }

  @Test("a data set's is computed once for each part, and what is made from it is not read")
  func once() throws {
    let (train, test) = (Counted(), Counted(change: 2))
    let dataset = Dataset(name: "d", train: train, test: test, provenance: "p")
    #expect(train.read.withLock(\.self) == 0)
    let copy = dataset
    for _ in 0..<2 {
      #expect(try dataset.digest(of: .train) == Counted().digest())
      #expect(try copy.digest(of: .test) == Counted(change: 2).digest())
    }
    #expect(train.read.withLock(\.self) == 7 && test.read.withLock(\.self) == 7)
    let changed = ["one", "other"].map { dataset.changed($0, train: train, test: test) }
    let digests = try changed.flatMap { set in try Dataset.Part.allCases.map { try set.digest(of: $0) } }
    #expect(Set(digests).count == 4 && train.read.withLock(\.self) == 7)
    #expect(changed[0].provenance == "p, one")
    #expect(try dataset.changed("one", train: test, test: train).digest(of: .train) == digests[0])
    #expect(try dataset.limited(to: 3).digest(of: .train) != dataset.digest(of: .train))
  }

  @Test("it can be cancelled")
  func cancelled() async throws {
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try Counted().digest()
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}
