import Tensors

/// max over channels of |g| where g > g_q for every rival q, else 0 (eq. 5): pixels that, getting brighter, raise the
/// explained class's score more than any rival's.
///
/// The comparison is between signed values, per channel element and strict.
public struct Active: View {
  public let name = "active"
  public let comparesClasses = true
  public let needsSign = true
  public let direction = Direction.brighter
  public let meaning = "raises the score more than that of any other class, getting brighter"

  public nonisolated init() {}

  public func maps(_ extremes: ClassExtremes) throws -> Tensor {
    guard let highest = extremes.highest else { return try extremes.own.absolute().largestOverChannels() }
    return try extremes.own.absolute().zeroed(unless: extremes.own.isGreater(than: highest)).largestOverChannels()
  }
}
