import Foundation
import Saliency

/// What the program takes besides its work, of the memory that it may take as a whole.
enum ProcessMemory {
  /// The program with its libraries, idle: 245 to 290 MB as measured with small networks.
  private static let program = 300_000_000
  /// How often a model's weights are in memory: as they were read, without batch normalisation, and packed for answers and gradients.
  private static let copies = 4

  /// What is left for the work of `bytes`.
  ///
  /// - Throws: `MethodError.tooLittleMemory` where not one image fits.
  static func left(of bytes: Int, for opened: ModelChoice.Opened) async throws -> Int {
    let taken = program + copies * (await weightBytes(of: opened))
    let needed = taken + opened.classifier.bytesPerImage
    guard bytes >= needed else { throw MethodError.tooLittleMemory(needed: needed, given: bytes) }
    return bytes - taken
  }

  private static func weightBytes(of opened: ModelChoice.Opened) async -> Int {
    let classifier = opened.classifier
    let known = await TorchActor.run {
      let parameters = (classifier as? Network)?.parameters ?? (classifier as? ImportedNetwork)?.parameters
      return parameters?.values.reduce(0) { $0 + 4 * $1.count }
    }
    return known ?? (try? opened.file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
  }
}
