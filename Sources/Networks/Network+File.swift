import Foundation
import Maps
import Tensors

extension Network {
  /// Reads a safetensors file with the metadata that ``write(to:weightType:)`` writes. Halves and bfloats become float32.
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
  ///
  /// - Parameter weightType: the type in which the weights of convolutions and of linear layers are stored; float16 halves
  ///   the file. Everything else is stored as it is.
  public func write(to url: URL, weightType: ElementType = .float32) throws {
    let tensors = try Self.converted(parameters, of: graph) { try $0.to(weightType) }
    try SafeTensors(tensors: tensors, metadata: information.metadata).write(to: url)
  }

  /// The same weights, those of convolutions and of linear layers rounded to what another type can hold.
  package static func rounded(
    _ parameters: [String: Tensor], of graph: Graph, to type: ElementType
  ) throws -> [String: Tensor] {
    try converted(parameters, of: graph) { try $0.to(type).to(.float32) }
  }

  private static func converted(
    _ parameters: [String: Tensor], of graph: Graph, _ convert: (Tensor) throws -> Tensor
  ) throws -> [String: Tensor] {
    var result = parameters
    for parameter in graph.parameters where [.convolutionWeight, .linearWeight].contains(parameter.role) {
      result[parameter.name] = try result[parameter.name].map(convert)
    }
    return result
  }
}

extension ModelInformation {
  /// Reads what a model file says about itself, without its weights.
  ///
  /// - Throws: ``ModelFileError``.
  public init(contentsOf url: URL) throws { try self.init(metadata: SafeTensors.metadata(of: url)) }
}
