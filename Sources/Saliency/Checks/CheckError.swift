import Foundation

/// Why a check of maps cannot be made.
public enum CheckError: LocalizedError, Equatable, Sendable {
  case holdsResults(folder: String)
  case otherSettings(folder: String, String)
  case unfinished(folder: String)
  case damaged(path: String)
  case needsNetwork(model: String)
  case noLayers(model: String)
  case otherClasses(model: String, dataset: String)
  case otherSize(model: String, dataset: String)
  case tooManyPixels(most: Int)

  public var errorDescription: String? {
    switch self {
    case .holdsResults(let folder):
      "\(folder) holds results; give --force to replace them, or another --output"
    case .otherSettings(let folder, let what):
      "\(folder) holds the beginnings of other results (\(what)); they are not mixed: choose another --output, or give "
        + "--force to begin anew"
    case .unfinished(let folder):
      "\(folder) holds the beginnings of results; give --resume to go on with them, or --force to begin anew"
    case .damaged(let path): "\(path) is damaged; give --force to begin anew"
    case .needsNetwork(let model):
      "\(model): only a built-in network can be given random weights, for a TorchScript file does not say how its layers "
        + "were first drawn; take a bundled model or one of saliency train"
    case .noLayers(let model): "\(model): the model has no weights that could be made random"
    case .otherSize(let model, let dataset):
      "\(model) takes images of another size than those of \(dataset), so its maps have other pixels; take a data set of its size"
    case .tooManyPixels(let most): "images of more than \(most) pixels are too large for this; choose a smaller --size"
    case .otherClasses(let model, let dataset):
      "\(model) has other classes or another input than \(dataset); a network trained on random labels must have the same"
    }
  }
}
