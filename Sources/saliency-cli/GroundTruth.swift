import ArgumentParser
import Foundation
import Saliency

struct GroundTruth: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    commandName: "ground-truth",
    abstract: "Scores maps against pixels that are known to be right.",
    discussion: """
      Draws bright and dark shapes over distractors, of which it is known what pixels must get brighter and which darker, trains \
      a network to tell them apart, and compares each map with the known pixels. Random numbers and the image's edges are the \
      controls.

      precision is the share of right pixels among the k highest of the map, k being how many are right; chance is what random \
      numbers get; wrong sign is the share of pixels that should change the other way; AP is the average precision; recall is \
      the share of the right pixels that the map shows at all. Writes scores.csv, summary.json, the figures views and \
      attributions as PNG, PDF and SVG, and the network. Ctrl-C keeps what the network has learnt; --resume goes on.

      EXAMPLES
        saliency ground-truth --output truth
        saliency ground-truth --output truth --seed 7 --images 800
        saliency ground-truth --output truth --attributions gradient,deeplift
      """)

  @OptionGroup var results: RunOptions
  @Option(help: "Images that maps are scored on.") var images = GroundTruthRun.Options().images
  @Option(
    help: ArgumentHelp(
      "Comma-separated list of \(Self.knownAttributions.joined(separator: ", ")); or all: each with the views that it has.",
      valueName: "list"))
  var attributions = NameList(names: ["all"])
  @Option(
    help: ArgumentHelp(
      "Comma-separated list of \(Self.knownViews.joined(separator: ", ")).", valueName: "list"))
  var views = NameList(names: knownViews)
  @OptionGroup var options: AttributionOptions

  @Option(help: "basic-cnn or resnet18.") var architecture = GroundTruthRun.Options().architecture
  @Option(help: "Images to train on.") var trainingImages = GroundTruthRun.Options().trainingImages
  @Option var epochs = GroundTruthRun.Options().epochs
  @Option(help: "Decides the images, the first weights, and the random numbers of maps.") var seed: UInt64 = 0
  @OptionGroup var device: DeviceOptions

  /// Images drawn for comparison would, like another baseline, give evidence another sign.
  private static let knownAttributions = Attributions.selfSufficient.map(\.name)
  private static let knownViews = GroundTruthBenchmark.views.map(\.name)

  func validate() throws {
    guard images >= ShapeImages.classNames.count else {
      throw ValidationError("--images must be at least \(ShapeImages.classNames.count), one of each class")
    }
    guard trainingImages > 0 else { throw ValidationError("--training-images must be at least 1") }
    guard epochs > 0 else { throw ValidationError("--epochs must be at least 1") }
    if attributions.names != ["all"] {
      try attributions.check("--attributions", among: Self.knownAttributions)
    }
    try views.check("--views", among: Self.knownViews)
    guard options.baselines == nil else {
      throw ValidationError("--baselines: what is compared with images has no known sign; leave it out")
    }
    guard options.baseline == "black" else {
      throw ValidationError("--baseline must be black: compared with anything else, evidence has another sign")
    }
  }

  func work() async throws {
    var settings = GroundTruthRun.Options()
    settings.seed = seed
    settings.architecture = architecture
    settings.trainingImages = trainingImages
    settings.epochs = epochs
    settings.images = images
    let chosen = try await device.apply()
    let folder = try results.folder()
    let names = attributions.names == ["all"] ? Self.knownAttributions : attributions.names
    try await results.run(
      GroundTruthRun(
        settings, attributions: options.attributions(names, baseline: .black, seed: seed),
        views: views.names.compactMap { Views.named($0) }, device: chosen,
        memory: device.memory?.bytes), in: folder)
  }
}
