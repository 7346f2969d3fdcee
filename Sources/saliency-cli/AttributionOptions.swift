import ArgumentParser
import Foundation
import Saliency

extension Quadrature: ExpressibleByArgument {}
extension RelevanceRules.Composite: ExpressibleByArgument {}

/// The options of attributions; each applies to those that know it.
struct AttributionOptions: ParsableArguments {
  @Option(help: "Points on the way from baseline to image, for integrated-gradients and its blur- and guided- kin.")
  var steps = 50

  @Option(help: "Where these points lie and how they count; guided-integrated-gradients has steps of its own.")
  var quadrature = Quadrature.gaussLegendre

  @Option(
    help: ArgumentHelp(
      """
      What integrated-gradients, its guided- kin, deeplift, occlusion and rise compare with: black, white, mean (the image's mean colour), or a \
      picture.
      """,
      valueName: "name|file"))
  var baseline = "black"

  @Option(
    help: ArgumentHelp(
      """
      Images of which expected-gradients draws what it compares with: a data set (its training images are taken), or a folder \
      of pictures.
      """, valueName: "name|folder"))
  var baselines: String?

  @Option(
    help:
      "Noisy copies of the image, for smoothgrad, smoothgrad-squared and vargrad; drawn images, for expected-gradients."
  )
  var samples = 25

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

  @Option(
    help: ArgumentHelp(
      "The window that occlusion hides: N or HxW (default: a quarter of each side of the input).", valueName: "size"))
  var window: ImageSize?

  @Option(
    help: ArgumentHelp("How far it moves: N or HxW (default: a quarter of each side of it).", valueName: "size"))
  var stride: ImageSize?

  @Option(help: "Random masks, for rise.") var masks = 1000

  @Option(help: "Cells along each side of a mask.") var maskCells = 7

  @Option(help: "The probability of a cell to be kept.") var maskProbability = 0.5

  @Option(
    help: ArgumentHelp(
      "The deviation of the widest blur, for blur-integrated-gradients (default: a quarter of the longer side).",
      valueName: "pixels"))
  var maxBlur: Double?

  @Option(help: "The share of the elements that move at once, for guided-integrated-gradients.") var pathFraction = 0.25

  @Option(help: "How far they may be from the straight line, as a share of it.") var pathDistance = 0.02

  func validate() throws {
    guard lrpEpsilon > 0, lrpEpsilon.isFinite else { throw ValidationError("--lrp-epsilon must be above 0") }
    guard gamma >= 0, gamma.isFinite else { throw ValidationError("--gamma must be 0 or more") }
    guard steps >= quadrature.fewest else {
      throw ValidationError("--steps must be at least \(quadrature.fewest) for \(quadrature.rawValue)")
    }
    guard samples >= 1 else { throw ValidationError("--samples must be at least 1") }
    guard noiseLevel >= 0, noiseLevel.isFinite else { throw ValidationError("--noise-level must be 0 or more") }
    guard masks >= 2 else { throw ValidationError("--masks must be at least 2") }
    guard maskCells >= 1 else { throw ValidationError("--mask-cells must be at least 1") }
    guard maskProbability > 0, maskProbability < 1 else {
      throw ValidationError("--mask-probability must lie between 0 and 1")
    }
    if let maxBlur, !(maxBlur > 0 && maxBlur.isFinite) { throw ValidationError("--max-blur must be above 0") }
    guard (0...1).contains(pathFraction) else { throw ValidationError("--path-fraction must be from 0 to 1") }
    guard (0...1).contains(pathDistance) else { throw ValidationError("--path-distance must be from 0 to 1") }
  }

  /// The attributions of these names with these options.
  ///
  /// - Parameter seed: decides the noise.
  func attributions(_ names: [String], for classifier: any Classifier, seed: UInt64) async throws -> [any Attribution] {
    let compared: Baseline
    do { compared = try await .open(baseline, for: classifier.preprocessing) } catch {
      throw CommandError("--baseline: \(error.told)")
    }
    var drawn: BaselineImages?
    if let baselines, names.contains(ExpectedGradients().name) {
      do { drawn = try await .open(baselines, for: classifier.preprocessing, progress: Self.show) } catch {
        throw CommandError("--baselines: \(error.told)")
      }
      Console.clearProgress()
    }
    return attributions(names, baseline: compared, baselines: drawn, seed: seed)
  }

  private static func show(_ done: Int, _ total: Int) {
    Console.progress(Double(done) / Double(total), "\(done)/\(total) images of --baselines read")
  }

  /// The same with baselines that are at hand.
  func attributions(
    _ names: [String], baseline compared: Baseline, baselines drawn: BaselineImages? = nil, seed: UInt64
  ) -> [any Attribution] {
    var options = MethodOptions()
    options.steps = steps
    options.quadrature = quadrature
    options.baseline = compared
    options.baselines = drawn
    options.samples = samples
    options.noiseLevel = noiseLevel
    options.window = window?.occlusion
    options.stride = stride?.occlusion
    options.masks = masks
    options.maskCells = maskCells
    options.maskProbability = maskProbability
    options.maxBlur = maxBlur
    options.pathFraction = pathFraction
    options.pathDistance = pathDistance
    options.seed = seed
    options.relevance = RelevanceRules(composite, epsilon: lrpEpsilon, gamma: gamma)
    options.layer = layer
    return names.compactMap { Attributions.named($0, options: options) }
  }
}

extension ImageSize {
  fileprivate var occlusion: Occlusion.Size { Occlusion.Size(height: height, width: width) }
}
