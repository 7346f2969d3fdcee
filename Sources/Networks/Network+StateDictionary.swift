import Files
import Foundation
import Maps
import Tensors

extension Network {
  /// The built-in network whose weights a file of PyTorch's `torch.save` holds: its architecture is known by the names of the
  /// tensors, classes and channels by their shapes.
  ///
  /// - Parameters:
  ///   - url: a state dictionary, alone or in a checkpoint.
  ///   - settings: class names, input size and normalisation, which the file does not say.
  ///   - device: where the network computes.
  /// - Throws: ``ModelFileError`` when the file is damaged, its weights are those of no built-in network or do not fit it; an
  ///   error that names what the file would call; ``ScriptError`` when the settings do not fit.
  public convenience init(
    stateDictionary url: URL, settings: ScriptSettings = ScriptSettings(), device: Device = .cpu
  ) throws {
    let tensors = try StateDictionary(contentsOf: url).tensors.filter { !$0.key.hasSuffix("num_batches_tracked") }
    let (architecture, channels, classes) = try Self.recognized(tensors)
    let information = ModelInformation(
      architecture: architecture, labels: try settings.labelSet(classes: classes) ?? LabelSet(unnamed: classes),
      preprocessing: try settings.preprocessing(channels: channels))
    let parameters = try tensors.mapValues { $0.type == .float64 ? try $0.to(.float32) : $0 }
    try self.init(information, parameters: parameters, device: device)
  }

  /// The parameters of each architecture, of whatever size.
  private static let parameters = Architecture.allCases.map { architecture in
    (architecture, architecture.graph(channels: 3, classes: 2, height: 32, width: 32).parameters)
  }

  private static func recognized(
    _ tensors: [String: Tensor]
  ) throws -> (architecture: Architecture, channels: Int, classes: Int) {
    // The one that shares most names; what is missing then or too much is told when the network is made.
    let shared = Self.parameters.map { architecture, parameters in
      let found = parameters.count { tensors[$0.name] != nil }
      return (architecture, parameters, share: Double(found) / Double(max(parameters.count, tensors.count)))
    }
    guard let best = shared.max(by: { $0.share < $1.share }), best.share > 0.8 else {
      throw ModelFileError.unknownNetwork(tensors.keys.sorted())
    }
    let parameters = best.1
    func axis(_ name: String?, _ axis: Int) throws -> Int {
      guard let name, let shape = tensors[name]?.shape else { throw ModelFileError.missingParameter(name ?? "") }
      guard shape.indices.contains(axis), shape[axis] > 0 else {
        throw ModelFileError.damaged("the weights “\(name.plain)” have the shape \(shape)")
      }
      return shape[axis]
    }
    let channels = try axis(parameters.first { $0.role == .convolutionWeight }?.name, 1)
    guard channels == 1 || channels == 3 else {
      throw ModelFileError.damaged("its network takes \(channels) channels, not 3 for colour or 1 for grey")
    }
    return (best.0, channels, try axis(parameters.last { $0.role == .linearWeight }?.name, 0))
  }
}
