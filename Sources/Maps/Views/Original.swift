import Tensors

/// max over channels of |g|: the classical map (eq. 2), how much the explained class's score reacts to a pixel, whichever
/// way.
public struct Original: View {
  public let name = "original"
  public let comparesClasses = false
  public let needsSign = false
  public let direction = Direction.either
  public let meaning = "changes the score most, getting brighter or darker"

  public nonisolated init() {}

  public func maps(_ extremes: ClassExtremes) throws -> Tensor {
    try extremes.own.absolute().largestOverChannels()
  }
}
