import ArgumentParser
import Foundation
import Saliency

@main struct SaliencyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "saliency",
    abstract: "Shows which pixels should get brighter and which darker for an image classifier to be surer.",
    version: "0.1.0",
    subcommands: [
      Explain.self, Explore.self,
      Benchmark.self, Reproduce.self, Report.self, Evaluate.self, Audit.self, SanityCheckCommand.self,
      Roar.self,
      GroundTruth.self,
      Models.self, Train.self,
      DataCommand.self,
    ])

  static func main() async {
    let arguments: [String]
    do { arguments = try CommandLineCheck.checked(Array(CommandLine.arguments.dropFirst())) } catch {
      Console.error(error.message)
      exit(withError: ExitCode.validationFailure)
    }
    await main(arguments)
  }
}
