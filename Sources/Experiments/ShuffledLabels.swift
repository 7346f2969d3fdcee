import Maps
import Rasters

extension LabelledImages {
  /// The images with their labels dealt out anew, in an order that the seed decides: every class keeps its number of images, but what is
  /// on an image says nothing of its label.
  package func withShuffledLabels(seed: UInt64) -> any LabelledImages {
    var random = SplitMix64(seed: seed)
    return labelled(labels.shuffled(using: &random), name: "\(name), labels shuffled")
  }
}
