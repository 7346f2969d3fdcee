import ArgumentParser
import Foundation
import Saliency

struct Roar: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Removes the most salient pixels and trains anew on what is left.",
    discussion: """
      In all training and test images it replaces the pixels that a map ranks first by the mean colour, trains a network from \
      scratch and measures its accuracy (remove and retrain, Hooker et al., 2019). The better a map finds what the classes can be \
      told by, the lower the accuracy. Random pixels and the edges of the image, sobel, are the controls.

      A long job: for each map and fraction, one training for each seed. It says beforehand how long that will take; \
      --estimate says only that. Ctrl-C keeps what is done, and --resume goes on. Writes accuracies.csv, summary.json and the \
      figure roar as PNG, PDF and SVG.

      EXAMPLES
        saliency roar --output roar --estimate
        saliency roar --views original,active --epochs 20 --output roar
        saliency roar --limit 2000 --epochs 5 --fractions 0.5 --output trial
        saliency roar --views original,active --epochs 20 --output roar --resume
        srun -n 8 saliency roar --epochs 20 --output shared/roar
      """)

  @OptionGroup var measured: MeasuredDataset
  @OptionGroup(title: "Data") var data: DatasetOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Maps") var maps: MapOptions
  @Option(
    help: ArgumentHelp(
      "Shares of the pixels to remove, ascending; 0 is always trained on.", valueName: "list"))
  var fractions = NumberList(RoarRun.paperFractions)
  @Flag(help: "Leave random pixels and edges out.") var noControls = false

  @Option(
    help:
      "What is trained: basic-cnn, resnet18, resnet34, resnet50, efficientnet-lite0 or vit-tiny (default: the model's)."
  )
  var architecture: Architecture?
  @OptionGroup var training: RecipeOptions
  @Option(help: "Trainings of each kind, with other first weights.") var seeds = 1
  @Option(help: "The first seed.") var seed: UInt64 = 0

  @OptionGroup var results: RunOptions
  @OptionGroup var distribution: DistributionOptions
  @Flag(help: "Say how long it will take, and no more.") var estimate = false
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func validate() throws {
    guard (1...1000).contains(seeds) else { throw ValidationError("--seeds must be between 1 and 1000") }
    guard seed <= UInt64.max - 1000 else { throw ValidationError("--seed is too large") }
    let values = fractions.values
    guard values.allSatisfy({ $0 > 0 && $0 <= 1 }), zip(values, values.dropFirst()).allSatisfy(<) else {
      throw ValidationError("--fractions must lie above 0, up to 1, and ascend, such as 0.1,0.5,0.9")
    }
    try maps.refuseUnranked()
  }

  func work() async throws {
    let dataset = try measured.named(for: model)
    let existing = try distribution.existing(results)
    let url = estimate ? URL(filePath: results.output, directoryHint: .isDirectory) : try results.folder(existing)
    try await distribution.saveThreads(device)
    let opened = try await model.open(on: device.apply())
    guard let architecture = architecture ?? (opened.classifier as? Network)?.information.architecture else {
      throw CommandError(
        "--architecture is needed: a TorchScript file cannot be trained anew; choose what is trained instead")
    }
    let data = try await data.open(dataset, for: opened.classifier.preprocessing)
    try RunOptions.identify(data, .train, .test)
    var explainer = try await maps.explainer(opened.classifier, seed: seed)
    explainer.memory = try await device.room(for: opened)
    let run = try RoarRun(
      explainer, model: (opened.name, opened.file), dataset: data,
      controls: noControls ? [] : ControlMap.allCases, architecture: architecture,
      recipe: training.recipe(seed: seed), seeds: seeds, fractions: fractions.values, memory: device.memory?.bytes)
    if maps.comparesClasses { maps.comparison.tell(opened.classifier) }
    if estimate { return try Console.result(await Self.words(run, url)) }
    try await results.run(run, in: url, existing: existing) {
      if $0.isFirst { Console.note(try await Self.words(run, $0.url)) }
    }
  }

  private static func words(_ run: RoarRun, _ url: URL) async throws -> String {
    let expected = try await run.estimate(in: url)
    return
      "\(expected.trainings) trainings of \(Text.clock(expected.training)) and \(Text.clock(expected.maps)) for maps: "
      + "about \(Text.clock(expected.seconds)), measured on a few batches"
  }
}
