import Foundation

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
    }
  }
}
