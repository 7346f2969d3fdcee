import Foundation

/// A combination of methods that makes no sense, or options that do not.
public enum MethodError: LocalizedError, Equatable, Sendable {
  case signlessAttribution(String, view: String)
  case noRivals
  case needsLayers(String)
  case noActivation(String)
  case unruledOperator(String, String)
  case relevance(epsilon: Double, gamma: Double)
  case noSpatialLayer(String)
  case unknownLayer(String, known: [String])
  case unreachedLayer(String)
  case tooFew(String, least: Int)
  case noiseLevel(Double)
  case baselineShape(String, expected: String, found: String)
  case tooLittleMemory(needed: Int, given: Int)
  case window(String, input: String)
  case stride(String, window: String)
  case maskCells(Int, most: Int)
  case maskProbability(Double)
  case noBaselines(String)
  case blur(Double)
  case path(String, Double)

  public var errorDescription: String? {
    switch self {
    case .signlessAttribution(let attribution, let view):
      "the attribution \(attribution) has no sign, so the view \(view) of it has no meaning"
    case .noRivals: "at least one rival class is needed"
    case .needsLayers(let attribution):
      "the attribution \(attribution) needs to know the model's layers, which this one does not tell; take "
        + "integrated-gradients or smoothgrad"
    case .noActivation(let attribution):
      "the attribution \(attribution) changes how activations pass gradients back, and the model has none; take gradient"
    case .unruledOperator(let attribution, let name):
      "the attribution \(attribution) has no rule for the operator \(name) of this model; take integrated-gradients or "
        + "smoothgrad"
    case .relevance(let epsilon, let gamma):
      "relevance needs an epsilon above 0 and a gamma of 0 or more, not \(epsilon) and \(gamma)"
    case .noSpatialLayer(let attribution):
      "the attribution \(attribution) needs a layer with a plane of places before the logits, and the model has none; take gradient"
    case .unknownLayer(let name, let known):
      "the model has no layer “\(name)” with a plane"
        + (known.last.map { "; it has \(known.count), the last of which is \($0)" } ?? "")
    case .unreachedLayer(let name): "the logits do not depend on the layer \(name)"
    case .tooFew(let what, let least): "the number of \(what) must be at least \(least)"
    case .noiseLevel(let level):
      "the noise level \(level) is not a share of the image's range: it must be 0 or more"
    case .baselineShape(let name, let expected, let found):
      "the baseline \(name) has the shape \(found), but the model's input is \(expected)"
    case .tooLittleMemory(let needed, let given):
      "one image needs about \(needed.inMegabytes), and only \(given.inMegabytes) are allowed"
    case .window(let window, let input):
      "a window of \(window) does not fit into the model's input of \(input): its sides must be from 1 to the input's"
    case .stride(let stride, let window):
      "a stride of \(stride) does not suit windows of \(window): it must be from 1 to the window's sides, or pixels are left out"
    case .maskCells(let count, let most):
      "masks of \(count)×\(count) cells do not suit the model's input: the number must be from 1 to \(most)"
    case .maskProbability(let probability):
      "the probability \(probability) of a mask's cells to be kept must lie between 0 and 1"
    case .noBaselines(let attribution):
      "the attribution \(attribution) compares with images that are drawn from a data set or a folder, and none are given"
    case .blur(let deviation): "the widest blur \(deviation) must be a number of pixels above 0"
    case .path(let what, let share): "the \(what) \(share) of a path must be from 0 to 1"
    }
  }
}

extension MethodError {
  /// Whether the classifier is of a kind that cannot have the attribution, whatever its options.
  public var isOfClassifier: Bool {
    switch self {
    case .needsLayers, .noActivation, .unruledOperator, .noSpatialLayer: true
    default: false
    }
  }
}

extension Int {
  package var inMegabytes: String { String(format: "%.1f MB", Double(self) / 1e6) }
}
