import Networks
import Rasters
import Tensors

extension Interpreter {
  /// The share of the images that the network classifies correctly, 0…1.
  ///
  /// - Throws: `CancellationError`, before the next batch.
  func accuracy(on images: any LabelledImages, device: Device) throws -> Double {
    let indices = Array(0..<images.count)
    let batches = stride(from: 0, to: images.count, by: 500).map { indices[$0..<min($0 + 500, images.count)] }
    let feed = BatchFeed(images, batches)
    return try Torch.withoutGradient {
      var correct = 0
      for (number, batch) in batches.enumerated() {
        try Task.checkCancellation()
        let predicted = try run(feed.images(number, device: device)).max(axis: 1).indices.integers()
        correct += zip(batch, predicted).count { Int(images.labels[$0]) == $1 }
      }
      return Double(correct) / Double(images.count)
    }
  }
}
