import Tensors

/// max over channels of relu(−g) (eq. 4): pixels that raise the explained class's score when they get darker.
public struct Negative: View {
  public let name = "negative"
  public let comparesClasses = false
  public let needsSign = true
  public let direction = Direction.darker
  public let meaning = "raises the score, getting darker"

  public nonisolated init() {}

  public func maps(_ extremes: ClassExtremes) throws -> Tensor { try (-extremes.own).relu().largestOverChannels() }
}
