import Foundation
import Maps
import Tensors

/// The order in which a map's pixels are deleted.
public enum DeletionOrder: String, Sendable, Codable, CaseIterable {
  /// The most salient pixels first, as the paper has it.
  case descending
  /// The least salient pixels first. Pixels without saliency are left out here, too.
  case ascending
}

/// The places of the pixels of N images in one order of deletion.
package struct Ranking {
  /// [N, H·W], int32: each pixel's place, from 0.
  let places: Tensor
  /// How many pixels of each image can be deleted: those whose saliency is not zero.
  let available: [Int]

  /// By maps [N, H, W] without negative values. Ties go to the lower row-major index, and a pixel whose saliency is zero is
  /// never deleted: it is not in the map's set.
  @TorchActor init(_ maps: Tensor, _ order: DeletionOrder) throws {
    let values = try maps.reshaped([maps.shape[0], -1])
    let zero = try Tensor(repeating: 0, shape: [], type: values.type ?? .float32, device: values.device)
    let isSalient = try values.isGreater(than: zero)
    available = try isSalient.to(.int32).sum([1]).integers()
    switch order {
    case .descending: places = try values.ranks(descending: true)
    case .ascending:
      let last = try Tensor(repeating: .infinity, shape: [], type: values.type ?? .float32, device: values.device)
      places = try Tensor.choose(values, where: isSalient, otherwise: last).ranks(descending: false)
    }
  }

  /// By maps [N, H, W], all pixels: those of equal value, zeros included, in a random order, so that the geometry of ties
  /// favours nobody.
  @TorchActor init(_ maps: Tensor, _ order: DeletionOrder, ties random: Ranking) throws {
    let values = try maps.reshaped([maps.shape[0], -1])
    // The pixel at each place of the random order: the inverse permutation.
    let pixels = values.shape[1]
    let drawn = try random.places.integers()
    var shuffled = [Int64](repeating: 0, count: drawn.count)
    for (index, place) in drawn.enumerated() { shuffled[index - index % pixels + place] = Int64(index % pixels) }
    let ranks = try values.gather(axis: 1, Tensor(shuffled, shape: values.shape).to(values.device))
      .ranks(descending: order == .descending)
    places = try ranks.gather(axis: 1, random.places.to(.int64))
    available = random.available
  }

  /// A random order, which depends on the seed and on the image's index in the data set alone.
  @TorchActor init(random seed: UInt64, images: Range<Int>, pixels: Int, device: Device) throws {
    var keys: [Float] = []
    keys.reserveCapacity(images.count * pixels)
    for image in images {
      var random = SplitMix64(seed: seed, stream: UInt64(image))
      for _ in 0..<pixels { keys.append(Float(random.next() >> 40)) }
    }
    places = try Tensor(keys, shape: [images.count, pixels]).to(device).ranks(descending: false)
    available = Array(repeating: pixels, count: images.count)
  }

  /// k = ⌊f·P + ½⌋, but no more than can be deleted.
  package static func count(_ fraction: Double, of pixels: Int, available: Int) -> Int {
    min(Int((fraction * Double(pixels) + 0.5).rounded(.down)), available)
  }
}
