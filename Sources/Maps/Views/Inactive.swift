import Tensors

/// max over channels of |g| where g < g_q for every rival q, else 0 (eq. 6): pixels that, getting darker, raise the
/// explained class's score more than any rival's.
///
/// The comparison is between signed values, per channel element and strict.
public struct Inactive: View {
  public let name = "inactive"
  public let comparesClasses = true
  public let needsSign = true
  public let direction = Direction.darker
  public let meaning = "raises the score against every other class, getting darker"

  public nonisolated init() {}

  public func maps(_ extremes: ClassExtremes) throws -> Tensor {
    guard let lowest = extremes.lowest else { return try extremes.own.absolute().largestOverChannels() }
    return try extremes.own.absolute().zeroed(unless: extremes.own.isLess(than: lowest)).largestOverChannels()
  }
}
