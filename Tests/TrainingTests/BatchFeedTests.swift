import Synchronization
import Tensors
import Testing

@testable import Training

@Suite @TorchActor struct BatchFeedTests {
  private static nonisolated let images = BrightOrDark(count: 10, seed: 3)
  private static nonisolated let batches = [[3, 1, 4], [9, 0], [5, 5, 2, 6]].map { $0[...] }

  @Test(arguments: [0, 1, 2]) func batchesComeInOrder(first: Int) throws {
    let feed = BatchFeed(Self.images, Self.batches, first: first)
    for index in first..<Self.batches.count {
      let expected = try Self.images.images(Self.batches[index]).floats()
      #expect(try feed.images(index, device: .cpu).floats() == expected, "batch \(index)")
    }
  }

  @Test func aBatchOutOfTurnIsStillTheRightOne() throws {
    let feed = BatchFeed(Self.images, Self.batches)
    for index in [2, 0, 1, 1] {
      let expected = try Self.images.images(Self.batches[index]).floats()
      #expect(try feed.images(index, device: .cpu).floats() == expected, "batch \(index)")
    }
  }
}
