/// Images of another set.
private struct ChosenImages: LabelledImages {
  let name: String
  let labels: [Int32]
  let base: any LabelledImages
  let indices: [Int]

  var classNames: [String] { base.classNames }
  var height: Int { base.height }
  var width: Int { base.width }
  var channels: Int { base.channels }

  func copyPixels(of indices: some Sequence<Int>, into buffer: UnsafeMutableBufferPointer<UInt8>) {
    base.copyPixels(of: indices.lazy.map { self.indices[$0] }, into: buffer)
  }
}

extension LabelledImages {
  /// At most `limit` of the images, spread evenly over their order: the ones numbered ⌊i · count / limit⌋ for i = 0, 1, …,
  /// limit − 1, so that classes that follow one another keep their shares. The name says how many of how many.
  ///
  /// - Precondition: `limit` is at least 1.
  public func limited(to limit: Int) -> any LabelledImages {
    precondition(limit > 0, "at least one image must be left")
    let labels = labels
    guard limit < labels.count else { return self }
    let chosen = (0..<limit).map { $0 * labels.count / limit }
    return ChosenImages(
      name: "\(name), \(limit) of \(labels.count) images", labels: chosen.map { labels[$0] }, base: self,
      indices: chosen)
  }

  /// The same images with other labels.
  package func labelled(_ labels: [Int32], name: String) -> any LabelledImages {
    ChosenImages(name: name, labels: labels, base: self, indices: Array(labels.indices))
  }
}
