import ArgumentParser
import Foundation
import Saliency

struct Models: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the models that ship with this program.")

  func run() async throws {
    let models = try BundledModel.all.map { model in
      let information = try ModelInformation(contentsOf: model.url)
      let input = information.preprocessing
      let accuracy = information.origin.accuracy.map { String(format: ", accuracy %.4f", $0) } ?? ""
      return """
        \(model.name): \(information.architecture.title), input \(input.channels)×\(input.height)×\(input.width)\(accuracy)
          data set: \(information.origin.dataset)
          classes: \(information.labels.names.joined(separator: ", "))
        """
    }
    try Console.result(models.joined(separator: "\n"))
  }
}
