import Maps
import Rasters

/// The same images with the labels dealt out anew: every class keeps its number of images, but what is on an image says nothing of
/// its label.
private struct ShuffledLabels: LabelledImages {
  let name: String
  let labels: [Int32]
  let base: any LabelledImages

  var classNames: [String] { base.classNames }
  var height: Int { base.height }
  var width: Int { base.width }
  var channels: Int { base.channels }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    base.copyPixels(of: indices, into: buffer)
  }
}

extension LabelledImages {
  /// The images with their labels in a random order, which the seed decides.
  package func withShuffledLabels(seed: UInt64) -> any LabelledImages {
    var random = SplitMix64(seed: seed)
    return ShuffledLabels(name: "\(name), labels shuffled", labels: labels.shuffled(using: &random), base: self)
  }
}
