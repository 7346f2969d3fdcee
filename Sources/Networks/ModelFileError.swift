import Files
import Foundation
import Maps

/// What is wrong with a model file. The messages are about the file and do not name it: whoever opens it does.
public enum ModelFileError: LocalizedError, Equatable, Sendable {
  case damaged(String)
  case metadata(String)
  case missingParameter(String)
  case unknownParameter(String)
  case wrongShape(String, expected: [Int], found: [Int])
  /// The positions of a transformer are those of images of another size.
  case otherSize(patches: Int, found: [Int])
  /// Tensors of these names belong to no built-in network.
  case unknownNetwork([String])
  case notAModel
  /// What a file says of the images [N, C, H, W] that its network takes.
  case input([Int?])
  /// A model that could be fetched.
  case notFetched(String)
  case unknownModel(String, known: [String])

  public var errorDescription: String? {
    switch self {
    case .damaged(let what): "the file is damaged: \(what)"
    case .metadata(let what):
      "the file's metadata \(what); write it with this program (saliency train) or add the entry"
    case .missingParameter(let name): "the weights “\(name.plain)” are missing for this architecture"
    case .unknownParameter(let name): "the weights “\(name.plain)” do not belong to this architecture"
    case .wrongShape(let name, let expected, let found):
      "the weights “\(name.plain)” have the shape \(found) where the architecture needs \(expected)"
    case .otherSize(let patches, let found):
      "the network was trained with images of another size: images of the size that is asked for have \(patches) patches, and its weights "
        + "“pos_embed” have the shape \(found)"
    case .unknownNetwork(let names):
      "the file has weights alone, and those (\(names.prefix(3).map { "“\($0.prefix(60))”" }.joined(separator: ", ")) …) are "
        + "of none of the built-in networks \(Architecture.allCases.map(\.rawValue).joined(separator: ", ")); in Python, save the "
        + "network with them: torch.export.save(torch.export.export(model.eval(), (example,)), \"model.pt2\")"
    case .input(let shape):
      "the model takes batches of the shape [\(shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", "))]; pictures have 1 or "
        + "3 channels, sides of at most 2048, and come in batches of at most 1024 and 256 MB"
    case .notFetched(let name): "“\(name)” has not been fetched yet"
    case .notAModel:
      "the file is none of torch.export, ONNX, TorchScript, torch.save or safetensors; in Python, save the model with "
        + "torch.export.save(torch.export.export(model.eval(), (example,)), \"model.pt2\")"
    case .unknownModel(let name, let known):
      "there is no file and no bundled model named “\(name)”\(name.suggestion(among: known)); bundled: \(known.joined(separator: ", "))"
    }
  }
}
