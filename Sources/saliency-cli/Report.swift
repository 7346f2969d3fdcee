import ArgumentParser
import Foundation
import Saliency

struct Report: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a page of results for a classifier and a data set of your own.",
    discussion: """
      Accuracy, black- and white-deletion, all maps of one correctly classified test image of each class and a self-audit, on \
      one page, index.html, that needs no network, and as report.pdf. Ctrl-C keeps what is done; --resume goes on with it.

      EXAMPLES
        saliency report --model flowers.pt --dataset flowers --output page
        saliency report --model flowers.pt --dataset flowers --limit 500 -o quick
        saliency report --dataset cifar10 --examples random --seed 7 -o page
        saliency report --dataset cifar10 --attributions gradient,smoothgrad -o page
      """)

  @Option(help: DatasetOptions.help) var dataset: String
  @OptionGroup(title: "Page") var page: ReportPageOptions
  @OptionGroup(title: "Maps") var maps: MapOptions
  @Option(help: AnswerPrecision.help) var precision: AnswerPrecision?
  @OptionGroup(title: "Data") var data: DatasetOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func validate() throws { try maps.refuseUnranked() }

  func work() async throws {
    let chosen = try await device.apply()
    let folder = try page.results.folder()
    let opened = try await model.open(on: chosen)
    let dataset = try await data.open(dataset, for: opened.classifier.preprocessing)
    var report = ModelReport(opened, on: dataset, folder: folder)
    report.explainer = try await maps.explainer(opened.classifier, seed: page.seed)
    if maps.comparesClasses { maps.comparison.tell(opened.classifier) }
    if Torch.hasCUDA {
      report.twin = try await model.openQuietly(on: chosen == .cpu ? .cuda : .cpu).classifier
    }
    report.memory = device.memory?.bytes
    report.options = page.options(limit: nil)
    let used = precision ?? .usual(for: opened.classifier)
    report.options.precision = used == .full ? nil : used
    report.making = await page.making(device: chosen)
    try page.finish(
      await report.run(existing: page.results.existing, report: Console.show), in: folder)
  }
}
