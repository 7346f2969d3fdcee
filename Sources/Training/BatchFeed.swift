import Maps
import Rasters
import Synchronization
import Tensors

import struct Dispatch.DispatchQoS
import class Dispatch.DispatchQueue

/// Gathers the pixels of the next batch on another thread while the one before is computed with.
final class BatchFeed: Sendable {
  private let images: any LabelledImages
  private let batches: [ArraySlice<Int>]
  private let queue = DispatchQueue(label: "batches", qos: .userInitiated)
  private let ready = Mutex<[Int: [UInt8]]>([:])

  /// - Parameter first: the batch that will be asked for first.
  init(_ images: any LabelledImages, _ batches: [ArraySlice<Int>], first: Int = 0) {
    self.images = images
    self.batches = batches
    gather(first)
  }

  /// The images of a batch as a tensor [N, C, H, W] in 0…1. Batches are asked for one after the other.
  @TorchActor func images(_ index: Int, device: Device) throws -> Tensor {
    // The queue does one thing at a time, so this waits until the batch is there.
    let pixels = queue.sync { ready.withLock { $0.removeValue(forKey: index) } } ?? images.pixels(of: batches[index])
    gather(index + 1)
    return try images.images(pixels: pixels, device: device)
  }

  private func gather(_ index: Int) {
    guard batches.indices.contains(index) else { return }
    queue.async { [self] in
      let pixels = images.pixels(of: batches[index])
      ready.withLock { $0[index] = pixels }
    }
  }
}
