import Tensors

/// The channel element of largest magnitude with its sign: positive and negative map in one picture.
///
/// Drawn with a diverging colour map and the limits ± the largest magnitude. The only view with negative values.
public struct Signed: View {
  public let name = "signed"
  public let comparesClasses = false
  public let needsSign = true
  public let direction = Direction.either
  public let hasNegatives = true
  public let meaning = "raises the score, getting brighter (positive values) or darker (negative ones)"

  public nonisolated init() {}

  public func maps(_ extremes: ClassExtremes) throws -> Tensor {
    let own = extremes.own
    let strongest = try own.absolute().max(axis: 1, keepingAxis: true).indices
    let shape = own.shape
    return try own.gather(axis: 1, strongest).reshaped([shape[0], shape[2], shape[3]])
  }
}
