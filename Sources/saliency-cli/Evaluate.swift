import ArgumentParser
import Foundation
import Saliency

struct Evaluate: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how often a classifier is right on a data set's test images.",
    usage: "saliency evaluate [<options>]",
    discussion: """
      Prints the accuracy, and for every class the share of its images that are recognised (recall) and the share of \
      the images taken for it that are of it (precision). With --figure it draws the confusion matrix.

      With --all it measures every bundled model on its own data set and prints the paper's Table 1 with the paper's \
      accuracy, the one in the model's file and the one measured now.

      EXAMPLES
        saliency evaluate --model fashion-mnist-basic-cnn
        saliency evaluate --model flowers.pt --dataset flowers --figure confusion.pdf
        saliency evaluate --all
      """)

  @OptionGroup var measured: MeasuredDataset

  @Flag(help: "Measure all bundled models, each on its own data set.") var all = false

  @Option(help: ArgumentHelp("Draw the confusion matrix into this PNG, PDF or SVG file.", valueName: "file"))
  var figure: String?

  @OptionGroup(title: "Data") var data: DatasetOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func validate() throws {
    guard !all || (measured.dataset == nil && figure == nil) else {
      throw ValidationError("--all takes every model's own data set: leave --dataset and --figure out")
    }
    if let figure, Self.format(figure) == nil {
      throw ValidationError("--figure \(figure): the name must end in .png, .pdf or .svg")
    }
  }

  func work() async throws { try await all ? evaluateAll() : evaluateOne() }

  private static func format(_ path: String) -> FigureFormat? {
    FigureFormat(rawValue: URL(filePath: path).pathExtension.lowercased())
  }

  private func evaluateOne() async throws {
    let dataset = try measured.named(for: model)
    let opened = try await model.open(on: device.apply())
    let (report, test) = try await evaluate(opened, on: dataset)
    if let figure, let format = Self.format(figure) {
      try report.figure(model: opened.name, dataset: test).write(to: URL(filePath: figure), as: format)
    }
    var rows = [["class", "images", "recall", "precision"]]
    for (index, name) in report.labels.names.enumerated() where report.confusion[index].contains(where: { $0 > 0 }) {
      rows.append([
        name, "\(report.confusion[index].reduce(0, +))", Text.optional(report.recall(of: index)),
        Text.optional(report.precision(of: index)),
      ])
    }
    try Console.result(
      "\(opened.name) on \(test): accuracy \(Text.number(report.accuracy)) of \(report.count) images\n"
        + Table(rows).text + (figure.map { "\n\($0)" } ?? ""))
  }

  private func evaluateAll() async throws {
    let chosen = try await device.apply()
    var rows = [["model", "test images", "paper", "in the file", "measured"]]
    for model in BundledModel.all {
      let information = try ModelInformation(contentsOf: model.url)
      var measured: (accuracy: Double, test: String)?
      do {
        let opened = try await TorchActor.run { try ModelChoice.open(model.name, device: chosen) }
        let (report, test) = try await evaluate(opened, on: model.dataset)
        measured = (report.accuracy, test)
      } catch let error as DatasetError { Console.warn(error.told) }
      rows.append([
        model.name, measured?.test ?? "–",
        Text.optional(Paper.Experiment(information.architecture, on: model.dataset).accuracy),
        Text.optional(information.origin.accuracy), Text.optional(measured?.accuracy),
      ])
    }
    try Console.result(Table(rows).text)
  }

  private func evaluate(
    _ opened: ModelChoice.Opened, on dataset: String
  ) async throws -> (report: ClassificationReport, test: String) {
    let (classifier, room) = (opened.classifier, try await device.room(for: opened))
    let test = try await data.open(dataset, for: classifier.preprocessing).test
    let report = try await TorchActor.run {
      try ClassificationReport.evaluate(classifier, on: test, memory: room) { done in
        Console.progress(Double(done) / Double(test.count), "\(done)/\(test.count) images classified")
      }
    }
    Console.clearProgress()
    return (report, test.name)
  }
}
