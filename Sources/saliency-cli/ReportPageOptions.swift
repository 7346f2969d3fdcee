import ArgumentParser
import Foundation
import Saliency

extension ExampleChoice: ExpressibleByArgument {}

/// What a page of results shows, and where it goes.
struct ReportPageOptions: ParsableArguments {
  @OptionGroup var results: RunOptions
  @Option(help: "Which correctly classified image of each class is shown: the first, or a random one.")
  var examples = ExampleChoice.first
  @Option(help: "Decides random examples and the random pixels of the controls.") var seed: UInt64 = 0
  @Flag(help: "Leave out images of the data set, which may not be given to others with the page.") var noPictures =
    false

  func options(limit: Int?) -> ReportOptions {
    var options = ReportOptions()
    options.limit = limit
    options.examples = examples
    options.seed = seed
    options.showsPictures = !noPictures
    return options
  }

  /// What the page's last section says of this run.
  func making(device: Device) async -> [PageFact] {
    let arguments = CommandLine.arguments.dropFirst().map(Self.shown)
    let threads = await TorchActor.run { Torch.threads }
    let system = ProcessInfo.processInfo
    return [
      PageFact("command", (["saliency"] + arguments).joined(separator: " ")),
      PageFact("program", "saliency \(SaliencyCommand.configuration.version), libtorch \(Torch.version)"),
      PageFact(
        "machine",
        "\(device.rawValue), \(threads) of \(system.activeProcessorCount) processor threads, "
          + system.operatingSystemVersionString),
      PageFact("page made", Date.now.formatted(.iso8601)),
    ]
  }

  /// An argument as a shell would take it, without the folders of an absolute path: the page is for others, too.
  static func shown(_ argument: String) -> String {
    let parts = argument.hasPrefix("-") ? argument.split(separator: "=", maxSplits: 1) : [argument[...]]
    let named = parts.map { $0.hasPrefix("/") ? URL(filePath: String($0)).lastPathComponent : String($0) }
      .joined(separator: "=")
    let isPlain = named.wholeMatch(of: #/[\p{L}\p{N}_\-.,:=\/+%@]+/#) != nil
    return isPlain ? named : "'\(named.replacing("'", with: "'\\''"))'"
  }

  /// The summary's sentences and where the page is.
  func finish(_ report: PageReport, in folder: URL) throws {
    Console.clearProgress()
    try Console.result(
      (report.headlines + [folder.appending(path: "index.html").shown]).joined(separator: "\n"))
  }
}
