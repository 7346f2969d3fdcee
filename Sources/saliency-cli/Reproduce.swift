import ArgumentParser
import Foundation
import Saliency

extension Paper.Version: ExpressibleByArgument {}

struct Reproduce: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes the paper's tables and figures as one page, beside the paper's numbers.",
    usage: "saliency reproduce [<options>] --output <output>",
    discussion: """
      Measures the bundled models on their data sets: accuracy (Table 1), black- and white-deletion (Table 2, Figures 3 and \
      4), shows all maps of one correctly classified test image of each class (Figures 1 and 2, Appendix A), and audits each \
      model. The page index.html is one file that needs no network; report.pdf says the same on paper, figures/ has every \
      figure alone; results.json has the numbers, and a folder for each model and data set what they come from.

      With --seeds and --last-epochs it trains models and says of each of the paper's areas whether it lies within the spread of \
      the last epochs' networks (two standard deviations; 1,000 images of 32×32, or 300 of 224×224, for each network), in its \
      tail (three) or outside.

      Without --datasets it takes the data sets that are there, and says what is missing. Ctrl-C \
      keeps what is done; --resume goes on with it.

      EXAMPLES
        saliency reproduce --output paper
        saliency reproduce --quick --output quick
        saliency reproduce --models cnn --seeds 3 --last-epochs 10 -o seeds
        saliency reproduce --paper attitude -o attitude
      """)

  @Option(help: ArgumentHelp("cifar10, imagenette, fashion-mnist (default: all that are there).", valueName: "list"))
  var datasets: NameList?
  @Option(help: ArgumentHelp("cnn, resnet18 (default: both).", valueName: "list")) var models: NameList?
  @Option(help: "Train N models of each kind by the paper's recipe and give means and spreads.") var seeds: Int?
  @Option(help: "Epochs of each training of --seeds.") var epochs = Recipe().epochs
  @Option(help: "Measure the networks of a training's last M epochs, too, for the areas' spread.") var lastEpochs = 1
  @Option(help: "What --seeds trains in: float32 or bfloat16 (mixed precision).") var trainingPrecision = Precision.full
  @Option(
    help: """
      signed: the paper; attitude: its later version (arXiv 2309.12913), which scores the agreement with the untouched \
      image's prediction.
      """)
  var paper = Paper.Version.signed
  @Option(
    help: ArgumentHelp(
      """
      Models, such as imagenette-resnet18, whose answers for changed images are computed in bfloat16: several times as \
      fast at large sizes where the processor or GPU multiplies such matrices in hardware. The others' are those of float32, \
      computed as --precision of saliency benchmark says.
      """, valueName: "list"))
  var bfloat16: NameList?
  @Flag(help: "Measure 500 images of each test set only.") var quick = false
  @Option(help: "Measure N images of each test set only, spread evenly over it.") var limit: Int?
  @OptionGroup(title: "Page") var page: ReportPageOptions
  @OptionGroup var distribution: DistributionOptions
  @OptionGroup(title: "Data") var kept: DataFolderOptions
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func validate() throws {
    try datasets?.check("--datasets", among: Reproduction.datasets)
    try models?.check("--models", among: Architecture.paper.map(\.option))
    try bfloat16?.check(
      "--bfloat16",
      among: Reproduction.datasets.flatMap { dataset in Architecture.paper.map { Reproduction.name($0, on: dataset) } })
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    if limit != nil && quick { throw ValidationError("--quick is --limit 500: give one of them") }
    if let seeds, !(1...100).contains(seeds) { throw ValidationError("--seeds must lie between 1 and 100") }
    guard (1...10_000).contains(epochs) else { throw ValidationError("--epochs must lie between 1 and 10000") }
    guard (1...epochs).contains(lastEpochs) else {
      throw ValidationError("--last-epochs must lie between 1 and \(epochs), the epochs of a training")
    }
    guard seeds != nil || (epochs == Recipe().epochs && lastEpochs == 1 && trainingPrecision == .full) else {
      throw ValidationError("--epochs, --last-epochs and --training-precision are about trainings: give --seeds, too")
    }
  }

  func work() async throws {
    let existing = try distribution.existing(page.results)
    let folder = try page.results.folder(existing)
    try await distribution.saveThreads(device)
    let chosen = try await device.apply()
    let data = kept.folder
    var reproduction = Reproduction(folder: folder, device: chosen) {
      try await DatasetOptions.open($0, in: data, for: $1)
    }
    reproduction.datasets = datasets?.names
    reproduction.architectures = models.map { list in
      Architecture.paper.filter { list.names.contains($0.option) }
    }
    reproduction.seeds = seeds ?? 0
    reproduction.recipe.epochs = epochs
    reproduction.lastEpochs = lastEpochs
    reproduction.recipe.precision = trainingPrecision
    reproduction.paper = paper
    reproduction.memory = device.memory?.bytes
    reproduction.mixed = Set(bfloat16?.names ?? [])
    reproduction.options = page.options(limit: quick ? 500 : limit)
    if AnswerPrecision.usual(on: chosen) == .checked { reproduction.options.precision = .checked }
    reproduction.making = await page.making(device: chosen)
    let report = try await RunOptions.unlessLeft {
      try await reproduction.run(existing: existing, report: Console.show)
    }
    if let report { try page.finish(report, in: folder) }
  }
}
