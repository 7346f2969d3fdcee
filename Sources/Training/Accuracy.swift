import Networks
import Rasters
import Tensors

extension Interpreter {
  /// The share of the images that the network classifies correctly, 0…1.
  ///
  /// - Parameter group: the processes that share the images; all of them get the same answer.
  /// - Throws: `CancellationError`, before the next batch, in all processes if in one.
  func accuracy(on images: any LabelledImages, device: Device, in group: ProcessGroup? = nil) throws -> Double {
    let shares = Array(0..<images.count).batches(of: 500).map { BatchShare($0, in: group) }
    let feed = BatchFeed(images, shares.map(\.images))
    return try Torch.withoutGradient {
      var correct = 0
      for (number, share) in shares.enumerated() {
        if group == nil { try Task.checkCancellation() }
        let predicted = try run(feed.images(number, device: device)).max(axis: 1).indices.integers()
        let found = zip(share.images.prefix(share.count), predicted).count { Int(images.labels[$0]) == $1 }
        guard let group else {
          correct += found
          continue
        }
        let sums = try group.sum([Double(found), Task.isCancelled ? 1 : 0])
        if sums[1] > 0 { throw CancellationError() }
        correct += Int(sums[0])
      }
      return Double(correct) / Double(images.count)
    }
  }
}
