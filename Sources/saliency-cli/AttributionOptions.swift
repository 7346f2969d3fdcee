import ArgumentParser
import Foundation
import Saliency

extension Quadrature: ExpressibleByArgument {}
extension RelevanceRules.Composite: ExpressibleByArgument {}

/// The options of attributions; each applies to those that know it.
struct AttributionOptions: ParsableArguments {
  @Option(help: "Points on the line from baseline to image, for integrated-gradients.") var steps = 50

  @Option(help: "Where these points lie and how they count.") var quadrature = Quadrature.gaussLegendre

  @Option(
    help: ArgumentHelp(
      "What integrated-gradients and deeplift compare with: black, white, mean (the image's mean colour), or a picture.",
      valueName: "name|file"))
  var baseline = "black"

  @Option(help: "Noisy copies of the image, for smoothgrad, smoothgrad-squared and vargrad.") var samples = 25

  @Option(help: "The deviation of their noise as a share of the image's range.") var noiseLevel = 0.15

  @Option(
    help: "How lrp goes back through layers (default: epsilon-gamma-box, or epsilon for a network with attention).")
  var composite: RelevanceRules.Composite?

  @Option(help: "What lrp adds to a sum before it divides by it.") var lrpEpsilon = RelevanceRules().epsilon

  @Option(help: "By how much more positive weights count where lrp goes by gamma.") var gamma = RelevanceRules().gamma

  @Option(
    help: ArgumentHelp(
      "The layer of grad-cam, grad-cam++ and layer-cam (default: the last that fits); saliency models inspect --layers lists them.",
      valueName: "name"))
  var layer: String?

  func validate() throws {
    guard lrpEpsilon > 0, lrpEpsilon.isFinite else { throw ValidationError("--lrp-epsilon must be above 0") }
    guard gamma >= 0, gamma.isFinite else { throw ValidationError("--gamma must be 0 or more") }
    guard steps >= quadrature.fewest else {
      throw ValidationError("--steps must be at least \(quadrature.fewest) for \(quadrature.rawValue)")
    }
    guard samples >= 1 else { throw ValidationError("--samples must be at least 1") }
    guard noiseLevel >= 0, noiseLevel.isFinite else { throw ValidationError("--noise-level must be 0 or more") }
  }

  /// The attributions of these names with these options.
  ///
  /// - Parameter seed: decides the noise.
  func attributions(_ names: [String], for classifier: any Classifier, seed: UInt64) async throws -> [any Attribution] {
    let compared: Baseline
    do { compared = try await .open(baseline, for: classifier.preprocessing) } catch {
      throw CommandError("--baseline: \(error.told)")
    }
    return attributions(names, baseline: compared, seed: seed)
  }

  /// The same with a baseline that is at hand.
  func attributions(_ names: [String], baseline compared: Baseline, seed: UInt64) -> [any Attribution] {
    var options = MethodOptions()
    options.steps = steps
    options.quadrature = quadrature
    options.baseline = compared
    options.samples = samples
    options.noiseLevel = noiseLevel
    options.seed = seed
    options.relevance = RelevanceRules(composite, epsilon: lrpEpsilon, gamma: gamma)
    options.layer = layer
    return names.compactMap { Attributions.named($0, options: options) }
  }
}
