import Foundation

/// Why a check of maps cannot be made.
public enum CheckError: LocalizedError, Equatable, Sendable {
  case needsNetwork(model: String)
  case noLayers(model: String)
  case otherClasses(model: String, dataset: String)
  case otherSize(model: String, dataset: String)
  case tooManyPixels(most: Int)

  public var errorDescription: String? {
    switch self {
    case .needsNetwork(let model):
      "\(model): only a built-in network can be given random weights, for a TorchScript file does not say how its layers "
        + "were first drawn; take a bundled model or one of saliency train"
    case .noLayers(let model): "\(model): the model has no weights that could be made random"
    case .otherSize(let model, let dataset):
      "\(model) takes images of another size than those of \(dataset), so its maps have other pixels; take a data set of its size"
    case .tooManyPixels(let most): "images of more than \(most) pixels are too large for this"
    case .otherClasses(let model, let dataset):
      "\(model) has other classes or another input than \(dataset); a network trained on random labels must have the same"
    }
  }
}
