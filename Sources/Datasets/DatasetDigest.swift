import Downloads
import Foundation
import Rasters
import Synchronization

extension LabelledImages {
  /// The SHA-256 of the images' content: size, class names, labels and pixels. Cost: every pixel is read, about a second for a
  /// gigabyte.
  ///
  /// - Parameter progress: called with the share that is done, 0…1, once it has taken a second.
  /// - Throws: `CancellationError`.
  public func digest(progress: (Double) -> Void = { _ in }) throws -> String {
    let digest = Digest.sha256()
    digest.update(field: "\(height)×\(width)×\(channels)".utf8)
    for name in classNames { digest.update(field: name.utf8) }
    labels.withUnsafeBytes { digest.update($0) }
    let begin = ContinuousClock.now
    let batch = max(1, (1 << 20) / max(1, imageSize))
    var buffer = [UInt8](repeating: 0, count: min(batch, count) * imageSize)
    for range in (0..<count).batches(of: batch) {
      try Task.checkCancellation()
      buffer.withUnsafeMutableBufferPointer { buffer in
        copyPixels(of: range, into: buffer)
        digest.update(
          UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[..<(range.count * imageSize)])))
      }
      if ContinuousClock.now - begin > .seconds(1) { progress(Double(range.upperBound) / Double(count)) }
    }
    return digest.finish().hex
  }
}

extension Dataset {
  public enum Part: String, Sendable, CaseIterable { case train, test }

  public subscript(part: Part) -> any LabelledImages { part == .train ? train : test }

  /// The SHA-256 of a part's content, computed when it is first asked for; see `LabelledImages/digest(progress:)`.
  ///
  /// - Throws: `CancellationError`.
  public func digest(of part: Part, progress: (Double) -> Void = { _ in }) throws -> String {
    if let known = digests.known.withLock({ $0[part] }) { return known }
    let found: String
    if let origin = digests.origin {
      let digest = Digest.sha256()
      for text in try [origin.dataset.digest(of: part, progress: progress), origin.change] {
        digest.update(field: text.utf8)
      }
      found = digest.finish().hex
    } else {
      found = try self[part].digest(progress: progress)
    }
    digests.known.withLock { $0[part] = found }
    return found
  }

  /// A data set that is made from this one. Its digests follow from this one's and `change`, without its pixels being read.
  ///
  /// - Parameter change: what was done to the images, with everything that it depends on; the end of the new provenance.
  public func changed(_ change: String, train: any LabelledImages, test: any LabelledImages) -> Dataset {
    var result = Dataset(name: name, train: train, test: test, provenance: "\(provenance), \(change)")
    result.digests = Digests(origin: (self, change))
    return result
  }

  /// What has been computed once.
  final class Digests: Sendable {
    let known = Mutex<[Part: String]>([:])
    let origin: (dataset: Dataset, change: String)?

    init(origin: (dataset: Dataset, change: String)? = nil) { self.origin = origin }
  }
}
