import Foundation
import SaliencyCore
import Tensors

extension Network {
  /// Reads a safetensors file with the metadata that ``write(to:)`` writes. Halves and bfloats become float32.
  ///
  /// - Throws: ``ModelFileError`` when it is damaged, or its weights do not fit what it says it is.
  public static func read(_ url: URL, device: Device = .cpu) throws -> Network {
    let file = try SafeTensors(contentsOf: url)
    let parameters = try file.tensors.mapValues {
      [.float16, .bfloat16].contains($0.type) ? try $0.to(.float32) : $0
    }
    return try Network(ModelInformation(metadata: file.metadata), parameters: parameters, device: device)
  }

  /// Writes weights and ``information`` as a safetensors file.
  public func write(to url: URL) throws {
    try SafeTensors(tensors: parameters, metadata: information.metadata).write(to: url)
  }
}

extension ModelInformation {
  /// Reads what a model file says about itself, without its weights.
  ///
  /// - Throws: ``ModelFileError``.
  public init(contentsOf url: URL) throws { try self.init(metadata: SafeTensors.metadata(of: url)) }
}
