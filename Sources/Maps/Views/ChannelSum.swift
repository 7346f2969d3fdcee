import Tensors

/// The sum over the channels of the attribution itself: the number that a linear approximation gives to a whole pixel, for
/// metrics that add up attributions. It is no picture to look at, and so it is not among ``Views/all``.
package struct ChannelSum: View {
  package let name = "sum"
  package let comparesClasses = false
  package let needsSign = false
  package let direction = Direction.either
  package let hasNegatives = true
  package let meaning = "adds this to a linear approximation of the score"

  package nonisolated init() {}

  package func maps(_ extremes: ClassExtremes) throws -> Tensor { try extremes.own.sum([1]) }
}
