import ArgumentParser
import Foundation
import Saliency

struct Models: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the models that ship with this program.")

  func run() async throws {
    var rows = [["model", "architecture", "input", "accuracy", "data set", "classes"]]
    for model in BundledModel.all {
      let information = try ModelInformation(contentsOf: model.url)
      let input = information.preprocessing
      rows.append([
        model.name, information.architecture.title, "\(input.channels)×\(input.height)×\(input.width)",
        information.origin.accuracy.map { String(format: "%.4f", $0) } ?? "–", information.origin.dataset,
        information.labels.names.joined(separator: ", "),
      ])
    }
    try Console.result(Table.text(rows))
  }
}
