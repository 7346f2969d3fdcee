import ArgumentParser
import Foundation
import Saliency

extension Replacement: ExpressibleByArgument {}
extension DeletionOrder: ExpressibleByArgument {}
extension Dataset.Part: ExpressibleByArgument {}

struct Benchmark: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how accuracy falls when the most salient pixels turn black or white.",
    discussion: """
      On every test image, or every picture of a folder without classes (each then counts as of the class that the model takes \
      it for), it deletes the pixels that each map ranks first and asks the classifier again (the paper's black- \
      and white-deletion). Prints the areas under the accuracy curves with 95% bootstrap intervals over the images; ↓ marks \
      maps whose area should be low, ↑ those whose area should be high. Random pixels, and as many random pixels as each map \
      deletes, are the controls.

      Further metrics judge the same maps: rise-deletion and rise-insertion follow the predicted class's probability while \
      pixels are taken away or put in (--rise-steps forward passes for each image, map and metric); sensitivity-n correlates \
      a map's sums over random sets of n pixels with the fall of the class's logit (--sensitivity-samples passes for each \
      image and n, for all maps together).

      Writes curves.csv, summary.json, predictions.npy and the figures black-deletion and white-deletion as PNG, PDF and SVG; \
      for further metrics every image's curves, such as rise-deletion.npy, and a figure; for several attributions \
      attributions.csv and the page attributions.html with all scores, the differences from the gradient's same view and from \
      the attribution's original, with paired intervals, and the time an image takes. \
      Ctrl-C keeps what is done; --resume goes on with it.

      EXAMPLES
        saliency benchmark --dataset cifar10 --output results
        saliency benchmark --model resnet.pt --dataset photos --limit 500 -o results
        saliency benchmark --attributions all --limit 200 --output table
        saliency benchmark --model resnet.pt --dataset pictures -o mine
        srun -n 8 saliency benchmark --dataset cifar10 --output shared/results
        saliency benchmark --dataset cifar10 --output part1 --shard 1/2
        saliency benchmark --merge part1 part2 --output results
      """)

  @OptionGroup var measured: MeasuredDataset
  @Option(help: "Which part of the data set is measured, test or train.") var split = Dataset.Part.test
  @OptionGroup(title: "Data") var data: DatasetOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Maps") var maps: MapOptions

  @Option(
    help: ArgumentHelp(
      """
      What deleted pixels become, \(Replacement.allCases.map(\.rawValue).joined(separator: ", ")); and the metrics \
      \(Metrics.all.filter { !$0.keepsClasses }.map(\.name).joined(separator: ", ")).
      """, valueName: "list"))
  var metrics = NameList(names: ["black", "white"])
  @OptionGroup(title: "RISE and sensitivity-n") var curves: CurveOptions
  @Option(help: ArgumentHelp("Shares of the pixels, ascending.", valueName: "list"))
  var fractions = NumberList(DeletionBenchmark.paperFractions)
  @Option(help: "descending takes the most salient pixels first, ascending the least salient ones.")
  var order = DeletionOrder.descending
  @Flag(help: "Leave the random pixels out.") var noControls = false
  @Option(help: "Decides the random pixels, and the noise of attributions that draw any.") var seed: UInt64 = 0

  @OptionGroup var results: RunOptions
  @Flag(help: "Keep the images and their classes as images.npy and labels.npy, for other programs.")
  var saveImages = false
  @OptionGroup var distribution: DistributionOptions
  @Option(
    help: ArgumentHelp(
      "Compute part I of N only, to be merged later: for machines that share no folder.", valueName: "I/N"))
  var shard: DeletionRun.Shard?
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Join the parts in these folders.", valueName: "folder"))
  var merge: [String] = []

  @Option(help: "Images in a block, the unit of interrupted and of shared work (default: some seconds' work).")
  var block: Int?
  @Option(help: AnswerPrecision.help) var precision: AnswerPrecision?
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func validate() throws {
    try metrics.check("--metrics", among: Metrics.all.map(\.name))
    try maps.refuseUnranked()
    let values = fractions.values
    guard values.allSatisfy({ (0...1).contains($0) }), zip(values, values.dropFirst()).allSatisfy(<) else {
      throw ValidationError("--fractions must lie in 0…1 and ascend, such as 0,0.1,0.2")
    }
    if let block, block < 1 { throw ValidationError("--block must be at least 1") }
    guard shard == nil || distribution.distributed != .on else {
      throw ValidationError("--distributed on shares the whole work: leave --shard out")
    }
    guard merge.isEmpty || (measured.dataset == nil && shard == nil && !results.resume) else {
      throw ValidationError("--merge takes everything from the parts: leave --dataset, --shard and --resume out")
    }
  }

  func work() async throws { try await merge.isEmpty ? measure() : join() }

  private func measure() async throws {
    let dataset = try measured.named(for: model)
    let existing = try shard == nil ? distribution.existing(results) : results.existing
    let folder = try results.folder(existing)
    try await distribution.saveThreads(device)
    let opened = try await model.open(on: device.apply())
    let images = try await data.open(dataset, explainedBy: opened.classifier)
    try RunOptions.identify(images, split)
    let explainer = try await maps.explainer(opened.classifier, seed: seed)
    if maps.comparesClasses { maps.comparison.tell(opened.classifier) }
    let benchmark = try await DeletionBenchmark(
      explainer, images: images[split], metrics: metrics.names.compactMap { curves.metric($0) },
      fractions: fractions.values, order: order, controls: !noControls, seed: seed, blockSize: block,
      memory: device.room(for: opened), precision: precision ?? .usual(for: opened.classifier))
    let run = try DeletionRun(
      benchmark, model: opened, imagesSum: images.digest(of: split),
      paper: split == .test ? Self.paper(opened.name) : nil)
    if let shard, shard != .whole {
      let kept = try run.open(folder, existing: results.existing)
      if saveImages { try run.writeImages(to: kept) }
      for note in try await run.measure(
        shard, in: kept, progress: { Console.progress($0 / Double($1), String(format: "%.0f/%d images", $0, $1)) })
      { Console.warn(note) }
      Console.clearProgress()
      return try Console.result(
        "part \(shard.index) of \(shard.count) is done; join all parts with saliency benchmark --merge")
    }
    try await results.run(run, in: folder, existing: existing) { if saveImages { try run.writeImages(to: $0) } }
  }

  private func join() async throws {
    let (url, existing) = (try results.folder(), results.existing)
    let parts = merge.map { URL(filePath: $0, directoryHint: .isDirectory) }
    let (folder, settings, result) = try await TorchActor.run {
      try DeletionRun.merge(parts, into: url, existing: existing)
    }
    let findings = DeletionReport(settings, result, paper: try Self.paper(settings.model)).findings
    try Console.show(findings, folder.write(findings).map { url.appending(path: $0) })
  }

  /// What the paper measured of a bundled model.
  private static func paper(_ model: String) throws -> Paper.Experiment? {
    guard let bundled = BundledModel.named(model) else { return nil }
    return Paper.Experiment(try ModelInformation(contentsOf: bundled.url).architecture, on: bundled.dataset)
  }
}

/// `2/8`
extension DeletionRun.Shard: ExpressibleByArgument {
  public init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], (1...100_000).contains(count),
      (1...count).contains(index)
    else { return nil }
    self.init(index: index, of: count)
  }
}

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
