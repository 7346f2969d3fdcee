import Foundation

/// Why something cannot be measured.
public enum EvaluationError: LocalizedError, Equatable, Sendable {
  case unknownClasses([String])
  case fractions
  case negativeMaps(view: String)
  case noImages
  case tooFewSteps
  case tooFewSamples
  case sizes(pixels: Int)
  case doubleMetric(String)
  case unknownMetric(String)
  case missingImages(Int)
  case precision

  case needsNetwork(model: String)
  case noLayers(model: String)
  case otherClasses(model: String, dataset: String)
  case otherSize(model: String, dataset: String)
  case tooManyPixels(most: Int)

  /// Of parts of a benchmark that are to be joined.
  case noResults(folder: String)
  case doubleBlock(Int, String, String)
  case missingBlocks([Int])
  case nothingToMerge

  public var errorDescription: String? {
    switch self {
    case .unknownClasses(let names):
      "the model has no class named " + names.prefix(3).map { "“\($0)”" }.joined(separator: ", ")
        + (names.count > 3 ? ", … (\(names.count) of the data set's classes)" : "")
    case .fractions: "the fractions must lie in 0…1 and ascend, such as 0,0.1,0.2"
    case .negativeMaps(let view):
      "the view \(view) has negative values and so no order of deletion; choose positive and negative in its place"
    case .noImages: "there are no images to measure on"
    case .tooFewSteps: "a RISE curve needs at least one step"
    case .tooFewSamples: "a correlation needs at least two random sets"
    case .sizes(let pixels):
      "the sizes of sensitivity-n must ascend from 1 to at most \(pixels), the pixels of an image"
    case .doubleMetric(let name): "the metric \(name) is asked for twice"
    case .unknownMetric(let name): "there is no metric “\(name)” with the options that the results have"
    case .precision:
      "only built-in networks compute in bfloat16 on demand, a TorchScript file as it was saved"
    case .missingImages(let index): "the results lack image \(index), or have it twice"
    case .needsNetwork(let model):
      "\(model): only a built-in network can be given random weights, for a TorchScript file does not say how its layers "
        + "were first drawn; take a bundled model or one of saliency train"
    case .noLayers(let model): "\(model): the model has no weights that could be made random"
    case .otherSize(let model, let dataset):
      "\(model) takes images of another size than those of \(dataset), so its maps have other pixels; take a data set of its size"
    case .tooManyPixels(let most): "images of more than \(most) pixels are too large for this"
    case .otherClasses(let model, let dataset):
      "\(model) has other classes or another input than \(dataset); a network trained on random labels must have the same"
    case .noResults(let folder): "\(folder) holds no results of saliency benchmark: it has no settings.json"
    case .doubleBlock(let index, let one, let other):
      "block \(index) is in \(one) and in \(other); merge each part once"
    case .missingBlocks(let blocks):
      "\(blocks.count) blocks are missing (\(blocks.prefix(3).map(String.init).joined(separator: ", "))"
        + "\(blocks.count > 3 ? ", …" : ""))"
    case .nothingToMerge: "there is nothing to merge"
    }
  }
}
