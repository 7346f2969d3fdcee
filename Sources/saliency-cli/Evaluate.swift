import ArgumentParser
import Foundation
import Saliency

struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures how often a classifier is right on a data set's test images.",
    discussion: """
      Prints the accuracy, and for every class the share of its images that are recognised (recall) and the share of \
      the images taken for it that are of it (precision).

      EXAMPLES
        saliency evaluate --model fashion-mnist-basic-cnn --dataset fashion-mnist
        saliency evaluate --model flowers.pt --dataset flowers
      """)

  @OptionGroup(title: "Data") var dataset: DatasetOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Computing") var device: DeviceOptions

  func run() async throws { try await interruptibly { try await evaluate() } }

  private func evaluate() async throws {
    let opened = try await model.open(on: device.apply())
    let classifier = opened.classifier
    let data = try await dataset.open(for: classifier.preprocessing)
    let test = data.test
    let report = try await TorchActor.run {
      try ClassificationReport.evaluate(classifier, on: test) { done in
        Console.progress(Double(done) / Double(test.count), "\(done)/\(test.count) images classified")
      }
    }
    Console.clearProgress()
    func share(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "–" }
    var rows = [["class", "images", "recall", "precision"]]
    for (index, name) in report.labels.names.enumerated() where report.confusion[index].contains(where: { $0 > 0 }) {
      rows.append([
        name, "\(report.confusion[index].reduce(0, +))", share(report.recall(of: index)),
        share(report.precision(of: index)),
      ])
    }
    try Console.result(
      "\(opened.name) on \(test.name): accuracy \(share(report.accuracy)) of \(report.count) images\n"
        + Table.text(rows))
  }
}
