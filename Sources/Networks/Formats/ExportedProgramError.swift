import Foundation
import Tensors

/// Why a file of `torch.export` cannot be used. The messages do not name the file: whoever opens it does.
enum ExportedProgramError: LocalizedError, Equatable {
  /// Of the schema, and the PyTorch that wrote it.
  case version(String, torch: String)
  /// An archive as PyTorch wrote it up to 2.7.
  case olderArchive(torch: String)
  case noNetwork
  case severalNetworks([String])
  case inputs([String])
  case inputAxes([Int?])
  case inputType
  case outputs(Int)
  case unusable(String)
  case unsupported(operator: String, reason: String)

  var errorDescription: String? {
    switch self {
    case .version(let version, let torch):
      "the file was exported by PyTorch \(torch) in version \(version) of torch.export's format, and only version "
        + "\(ExportedSchema.version) is understood; export the model with PyTorch 2.15"
    case .olderArchive(let torch):
      "the file was exported by PyTorch \(torch) in an older format of torch.export; export the model with PyTorch 2.15"
    case .noNetwork:
      "the archive holds no network of torch.export, perhaps code that was compiled of one; save it with torch.export.save"
    case .severalNetworks(let names):
      "the archive holds \(names.count) networks (\(names.joined(separator: ", "))); save the one to explain alone"
    case .inputs(let names):
      "the network wants \(names.count) inputs\(names.isEmpty ? "" : " (\(names.joined(separator: ", ")))"), not one batch of "
        + "images; wrap it in a module whose forward takes the images alone and export that"
    case .inputAxes(let shape):
      "the network's input has the shape [\(shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", "))], not that of "
        + "a batch of images [N, C, H, W]"
    case .inputType: "the network's input is not one of floating-point numbers, so that its answers have no gradients"
    case .outputs(let count):
      "the network has \(count) outputs instead of one tensor of logits [N, K]; wrap it in a module that returns its logits "
        + "alone and export that"
    case .unusable(let what): "the network \(what)"
    case .unsupported(let name, let reason): "the network uses \(name), \(reason)"
    }
  }
}
