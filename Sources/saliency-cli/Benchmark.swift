import ArgumentParser
import Foundation
import Saliency

extension Replacement: ExpressibleByArgument {}
extension DeletionOrder: ExpressibleByArgument {}

struct Benchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how accuracy falls when the most salient pixels turn black or white.",
    discussion: """
      On every test image it deletes the pixels that each map ranks first and asks the classifier again (the paper's black- \
      and white-deletion). Prints the areas under the accuracy curves with 95% bootstrap intervals over the images; ↓ marks \
      maps whose area should be low, ↑ those whose area should be high. Random pixels, and as many random pixels as each map \
      deletes, are the controls.

      Further metrics judge the same maps: rise-deletion and rise-insertion follow the predicted class's probability while \
      pixels are taken away or put in (--rise-steps forward passes for each image, map and metric); sensitivity-n correlates \
      a map's sums over random sets of n pixels with the fall of the class's logit (--sensitivity-samples passes for each \
      image and n, for all maps together).

      Writes curves.csv, summary.json, predictions.npy and the figures black-deletion and white-deletion as PNG, PDF and SVG; \
      for further metrics every image's curves, such as rise-deletion.npy, and a figure. \
      Ctrl-C keeps what is done; --resume goes on with it.

      EXAMPLES
        saliency benchmark --dataset cifar10 --output results
        saliency benchmark --model resnet.pt --dataset photos --limit 500 -o results
        saliency benchmark --dataset cifar10 --output part1 --shard 1/2
        saliency benchmark --merge part1 part2 --output results
      """)

  @Option(
    help: ArgumentHelp(
      "\(DatasetOptions.help.abstract) A bundled model's own, unless given.", valueName: "name|folder"))
  var dataset: String?
  @OptionGroup(title: "Data") var data: DatasetOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Maps") var maps: MapOptions

  @Option(
    help: ArgumentHelp(
      """
      What deleted pixels become, \(Replacement.allCases.map(\.rawValue).joined(separator: ", ")); and the metrics \
      \(CurveMetric.Kind.allCases.map(\.rawValue).joined(separator: ", ")).
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
  @Option(help: ArgumentHelp("Compute part I of N only, to be merged later.", valueName: "I/N")) var shard: ShardOption?
  @Option(parsing: .upToNextOption, help: ArgumentHelp("Join the parts in these folders.", valueName: "folder"))
  var merge: [String] = []

  @Option(help: "Images in a block, the unit of interrupted and of shared work (default: some seconds' work).")
  var block: Int?
  @Option(help: "About how much memory a batch may take, such as 500MB.") var memory = MemorySize(bytes: 2_000_000_000)
  @Option(help: Precision.help) var precision = Precision.full
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func validate() throws {
    let known = Replacement.allCases.map(\.rawValue) + CurveMetric.Kind.allCases.map(\.rawValue)
    if let stranger = metrics.names.first(where: { !known.contains($0) }) {
      throw ValidationError("--metrics: there is no “\(stranger)”; choose from \(known.joined(separator: ", "))")
    }
    guard Set(metrics.names).count == metrics.names.count else {
      throw ValidationError("--metrics names something twice")
    }
    try maps.refuseUnranked()
    let values = fractions.values
    guard values.allSatisfy({ (0...1).contains($0) }), zip(values, values.dropFirst()).allSatisfy(<) else {
      throw ValidationError("--fractions must lie in 0…1 and ascend, such as 0,0.1,0.2")
    }
    if let block, block < 1 { throw ValidationError("--block must be at least 1") }
    guard merge.isEmpty || (dataset == nil && shard == nil && !results.resume) else {
      throw ValidationError("--merge takes everything from the parts: leave --dataset, --shard and --resume out")
    }
  }

  func run() async throws { try await interruptibly { try await merge.isEmpty ? measure() : join() } }

  private func measure() async throws {
    guard let dataset = dataset ?? BundledModel.named(model.model)?.dataset else {
      throw CommandError("--dataset is needed: \(model.model) is not a bundled model, whose data set is known")
    }
    let folder = try results.folder()
    let opened = try await model.open(on: device.apply())
    let images = try await data.open(dataset, for: opened.classifier.preprocessing)
    try RunOptions.identify(images, .test)
    let explainer = try await maps.explainer(opened.classifier, seed: seed)
    if maps.comparesClasses { maps.comparison.tell(opened.classifier) }
    let benchmark = try DeletionBenchmark(
      explainer, images: images.test, replacements: metrics.names.compactMap { Replacement(rawValue: $0) },
      fractions: fractions.values, order: order, controls: !noControls, seed: seed,
      curveMetrics: curves.metrics(metrics.names), blockSize: block,
      memory: memory.bytes, precision: precision)
    let run = try DeletionRun(
      benchmark, model: opened, imagesSum: images.digest(of: .test), folder: folder, existing: results.existing)
    if saveImages { try run.writeImages() }
    let shard = shard?.shard ?? .whole

    let begin = ContinuousClock.now
    // What was done before this run began, which its clock knows nothing of.
    nonisolated(unsafe) var before: Double?
    let clock = await DeletionClock()
    let notes = try await run.run(shard, clock: clock) { done, total in
      let since = before ?? done
      before = since
      let seconds = (ContinuousClock.now - begin) / .seconds(1)
      let left = done > since ? seconds * (Double(total) - done) / (done - since) : 0
      Console.progress(
        done / Double(total), String(format: "%.0f/%d images, %@ left", done, total, Console.clock(left)))
    }
    let (result, phases, threads) = try await TorchActor.run {
      (shard == .whole ? try run.result() : nil, clock.seconds, Torch.threads)
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    Console.clearProgress()
    for note in notes { Console.warn(note) }
    guard let result else {
      try Console.result(
        "part \(shard.index) of \(shard.count) is done; join all parts with saliency benchmark --merge")
      return
    }
    try finish(
      run.settings, result, run.folder, seconds: run.folder.isResumed ? nil : seconds,
      phases: run.folder.isResumed ? nil : phases, threads: threads)
  }

  private func join() async throws {
    let (url, existing) = (try results.folder(), results.existing)
    let parts = merge.map { URL(filePath: $0, directoryHint: .isDirectory) }
    let (folder, settings, result) = try await TorchActor.run {
      try DeletionRun.merge(parts, into: url, existing: existing)
    }
    try finish(settings, result, folder)
  }

  private func finish(
    _ settings: DeletionRun.Settings, _ result: DeletionResult, _ folder: RunFolder, seconds: Double? = nil,
    phases: DeletionClock.Phases? = nil, threads: Int? = nil
  ) throws {
    let bundled = BundledModel.named(settings.model)
    let paper = try bundled.map { try ModelInformation(contentsOf: $0.url).architecture }.flatMap { architecture in
      bundled.map { Paper.Experiment(architecture, on: $0.dataset) }
    }
    let report = DeletionReport(settings, result, paper: paper)
    let files = try report.write(to: folder, seconds: seconds, phases: phases, threads: threads)
    let head =
      "\(settings.model) on \(settings.dataset): \(settings.setup.images) images, accuracy "
      + String(format: "%.4f", result.accuracy)
      + (seconds.map { ", measured in \(Console.clock($0))" } ?? "")
    var parts = [head]
    if !settings.setup.replacements.isEmpty {
      parts += ["Area under the accuracy curve; ↓ should be low, ↑ should be high", Table.text(report.table)]
      parts += Self.shown(DeletionReport.text(of: report.claims), most: 16)
    }
    if let scores = report.scoreTable {
      parts += [
        "RISE: area under the probability curve; sensitivity-n: mean correlation; ↓ should be low, ↑ high",
        Table.text(scores),
      ]
    }
    try Console.result((parts + files.map { "  \(folder.file($0).shown)" }).joined(separator: "\n"))
  }
}

extension Benchmark {
  /// The first lines, and how many more there are.
  private static func shown(_ lines: [String], most: Int) -> [String] {
    lines.count <= most
      ? lines : lines.prefix(most - 1) + ["  \(lines.count - most + 1) more comparisons are in summary.json"]
  }
}

/// `2/8`
struct ShardOption: ExpressibleByArgument {
  let shard: DeletionRun.Shard

  init?(argument: String) {
    let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], (1...100_000).contains(count),
      (1...count).contains(index)
    else { return nil }
    shard = DeletionRun.Shard(index: index, of: count)
  }
}
