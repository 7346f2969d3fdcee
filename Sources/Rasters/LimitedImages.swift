/// Some images of another set.
private struct LimitedImages: LabelledImages {
  let name: String
  let labels: [Int32]
  private let base: any LabelledImages
  private let indices: [Int]

  init(_ base: any LabelledImages, _ indices: [Int]) {
    self.base = base
    self.indices = indices
    name = "\(base.name), \(indices.count) of \(base.count) images"
    labels = indices.map { base.labels[$0] }
  }

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
    let count = count
    guard limit < count else { return self }
    return LimitedImages(self, (0..<limit).map { $0 * count / limit })
  }
}
