import ArgumentParser
import Foundation
import Saliency

struct SanityCheckCommand: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    commandName: "sanity-check",
    abstract: "Tells whether maps depend on what a model has learnt.",
    discussion: """
      Gives the model random weights, layer by layer from the logits down and one layer at a time, and compares its maps with \
      those of the trained model (Adebayo et al., 2018). A map that stays the same shows the picture and not the model; the edges \
      of the picture, sobel, are such a map and stand beside the others.

      Similarity is measured by rank correlation, of the values and of their magnitudes (which differ for the view signed, always \
      among the maps), SSIM, and the correlation of histograms of oriented gradients. Writes similarity.csv, summary.json and the figures cascade, cascading and independent as PNG, PDF \
      and SVG.

      --label-randomization also trains the same architecture on shuffled labels, a long job: Ctrl-C keeps its state, --resume \
      goes on.

      EXAMPLES
        saliency sanity-check --output sanity
        saliency sanity-check --model cifar10-resnet18 --attributions all -o sanity
        saliency sanity-check --label-randomization --epochs 30 --output sanity
      """)

  @OptionGroup var measured: MeasuredDataset
  @OptionGroup(title: "Data") var data: DatasetOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Maps") var maps: MapOptions
  @Option(help: "Images that maps are made of, spread evenly over the test images.") var images = 50

  @Flag(help: "Train on shuffled labels, too.") var labelRandomization = false
  @OptionGroup var training: RecipeOptions

  @Option(help: "Decides random weights and labels, and the noise of maps that draw any.") var seed: UInt64 = 0
  @OptionGroup var results: RunOptions
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func validate() throws {
    guard images > 0 else { throw ValidationError("--images must be at least 1") }
    guard !maps.views.names.contains(Rivalry.name) else {
      throw ValidationError("--views: rivalry names classes and cannot be compared; choose from the other views")
    }
  }

  func work() async throws {
    let dataset = try measured.named(for: model)
    let folder = try results.folder()
    let opened = try await model.open(on: device.apply())
    let data = try await data.open(dataset, for: opened.classifier.preprocessing)
    let explainer = try await maps.explainer(opened.classifier, seed: seed)
    // It alone has values and magnitudes that differ.
    let views = explainer.views + (explainer.views.contains(where: \.hasNegatives) ? [] : [Views.signed])
    if labelRandomization { try RunOptions.identify(data, .train, .test) }
    let check = try await SanityRun(
      opened, images: data.test.limited(to: images), attributions: explainer.attributions, views: views,
      labels: labelRandomization ? (training.recipe(seed: seed), data) : nil, seed: seed,
      memory: device.room(for: opened), trainingMemory: device.memory?.bytes)
    try await results.run(check, in: folder)
  }
}
