import Rasters
import Tensors

/// Which rival disputes each pixel most, and by how much: not one map but, for both directions, a class and a margin.
///
/// Per channel element, the strongest rival is argmax over q of g_q with margin g − max g_q, and the weakest is argmin over
/// q of g_q with margin min g_q − g. A pixel takes the channel with the larger margin. A positive margin puts the element into
/// the active (strongest) or inactive (weakest) map; a negative one says by how much the rival wins.
public struct Rivalry: Sendable, Equatable {
  /// One direction: [H, W] each.
  public struct Side: Sendable, Equatable {
    /// The rival's index.
    public let rivals: Raster<Int32>
    /// In the unit of the attribution.
    public let margins: Raster<Float>
  }

  public static let name = "rivalry"

  public let attribution: String
  public let strongest: Side
  public let weakest: Side

  /// The rivalry in every image of a batch.
  @TorchActor static func all(_ extremes: ClassExtremes, attribution: String) throws -> [Rivalry] {
    guard let highest = extremes.highest, let highestClass = extremes.highestClass, let lowest = extremes.lowest,
      let lowestClass = extremes.lowestClass
    else { return [] }
    let strongest = try sides(margins: extremes.own - highest, classes: highestClass)
    let weakest = try sides(margins: lowest - extremes.own, classes: lowestClass)
    return zip(strongest, weakest).map { Rivalry(attribution: attribution, strongest: $0, weakest: $1) }
  }

  @TorchActor private static func sides(margins: Tensor, classes: Tensor) throws -> [Side] {
    let best = try margins.max(axis: 1, keepingAxis: true)
    let (height, width) = (margins.shape[2], margins.shape[3])
    let rivals = try classes.gather(axis: 1, best.indices).array(of: Int32.self).batches(of: height * width)
    return zip(rivals, try best.values.floats().batches(of: height * width)).map { rivals, margins in
      Side(
        rivals: Raster(height: height, width: width, values: Array(rivals)),
        margins: Raster(height: height, width: width, values: Array(margins)))
    }
  }
}
