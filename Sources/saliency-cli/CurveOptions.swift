import ArgumentParser
import Saliency

/// What RISE's pixels are exchanged with.
enum Substrate: String, ExpressibleByArgument, CaseIterable {
  case zero, blur

  var replacement: Replacement { self == .zero ? .black : .blur }
}

/// The options of RISE and of sensitivity-n; each applies to the metrics that know it.
struct CurveOptions: ParsableArguments {
  @Option(help: "Equal steps in which RISE exchanges all pixels.") var riseSteps = 32

  @Option(
    help: ArgumentHelp(
      """
      What RISE exchanges pixels with: zero (black) or blur (the blurred image); for deletion and insertion \\
      (default: zero for deletion, blur for insertion).
      """))
  var substrate: Substrate?

  @Option(
    help: ArgumentHelp(
      "Values of n, ascending (default: twelve from 1 to 80% of the pixels, in equal ratios).", valueName: "list"))
  var sensitivitySizes: NumberList?

  @Option(help: "Random sets of pixels for each n.") var sensitivitySamples = 100

  func validate() throws {
    guard riseSteps >= 1 else { throw ValidationError("--rise-steps must be at least 1") }
    guard sensitivitySamples >= 2 else { throw ValidationError("--sensitivity-samples must be at least 2") }
    if let sizes = sensitivitySizes?.values {
      guard sizes.allSatisfy({ $0 >= 1 && Int32(exactly: $0) != nil }), zip(sizes, sizes.dropFirst()).allSatisfy(<)
      else { throw ValidationError("--sensitivity-sizes must be whole numbers that ascend from 1, such as 1,10,100") }
    }
  }

  /// The metric of this name with what it knows of the options.
  func metric(_ name: String) -> (any Metric)? {
    var options = ["steps": "\(riseSteps)", "samples": "\(sensitivitySamples)"]
    if let substrate { options["replacement"] = substrate.replacement.rawValue }
    if let sizes = sensitivitySizes?.values {
      options["sizes"] = sizes.map { "\(Int($0))" }.joined(separator: ",")
    }
    return Metrics.named(name, options: options)
  }
}
