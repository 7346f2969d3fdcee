import Tensors

/// max over channels of relu(g) (eq. 3): pixels that raise the explained class's score when they get brighter.
public struct Positive: View {
  public let name = "positive"
  public let comparesClasses = false
  public let needsSign = true
  public let direction = Direction.brighter
  public let meaning = "raises the score, getting brighter"

  public nonisolated init() {}

  public func maps(_ extremes: ClassExtremes) throws -> Tensor { try extremes.own.relu().largestOverChannels() }
}
