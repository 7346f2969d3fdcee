import SaliencyMethods

/// Everything but the model and the images that decides the results of a deletion benchmark.
public struct DeletionSetup: Sendable, Equatable, Codable {
  /// The number of images.
  public let images: Int
  /// The number of pixels of each.
  public let pixels: Int
  public let rivals: Rivals
  /// The options of the attributions that have any, by the attribution's name.
  public var attributionSettings: [String: [String: String]]?
  public let replacements: [Replacement]
  /// Ascending, in 0…1.
  public let fractions: [Double]
  public let order: DeletionOrder
  public let seed: UInt64
  public let series: [DeletionSeries]
  /// Images in a block, and images, some pixels of them deleted, that are computed with at once.
  public let blockSize: Int
  public let batchSize: Int

  public var blockCount: Int { (images + blockSize - 1) / blockSize }

  /// The images of a block.
  public func range(of block: Int) -> Range<Int> { block * blockSize..<min((block + 1) * blockSize, images) }
}
