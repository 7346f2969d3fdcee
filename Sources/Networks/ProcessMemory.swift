import Foundation
import Maps
import Tensors

/// What the program takes besides its work, of the memory that it may take as a whole.
public enum ProcessMemory {
  /// What the program may take as a whole where nobody says, in bytes; for large models more.
  package static let usual = 2_000_000_000
  /// What work with a large model may then take at least.
  private static let least = 500_000_000
  /// The program with its libraries, idle: 245 to 290 MB as measured with small networks.
  package static let program = 300_000_000
  /// A page with its pictures, which is made in memory, beside what the work before has left.
  package static let page = 60_000_000
  /// How often a model's weights are in memory: as they were read, without batch normalisation, and packed for answers and gradients.
  private static let copies = 4

  /// What is left for work with a model.
  ///
  /// - Parameters:
  ///   - bytes: what the program may take as a whole; nil: 2 GB, and more where that is too little for the model.
  ///   - other: what else takes memory.
  /// - Throws: `MethodError.tooLittleMemory` where not one image fits into `bytes`.
  public static func left(of bytes: Int?, for opened: ModelChoice.Opened, besides other: Int = 0) async throws -> Int {
    try await left(of: bytes, for: opened.classifier, from: opened.file, besides: other)
  }

  /// The same for a model that is in no file, or in one.
  package static func left(
    of bytes: Int?, for classifier: any Classifier, from file: URL? = nil, besides other: Int = 0
  ) async throws -> Int {
    let taken = other + program + copies * (await weightBytes(of: classifier, file))
    guard let bytes else { return max(usual - taken, least, classifier.bytesPerImage) }
    let needed = taken + classifier.bytesPerImage
    guard bytes >= needed else { throw MethodError.tooLittleMemory(needed: needed, given: bytes) }
    return bytes - taken
  }

  private static func weightBytes(of classifier: any Classifier, _ file: URL?) async -> Int {
    let known = await TorchActor.run {
      let parameters = (classifier as? Network)?.parameters ?? (classifier as? ImportedNetwork)?.parameters
      return parameters?.values.reduce(0) { $0 + 4 * $1.count }
    }
    return known ?? (try? file?.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
  }
}
