import ArgumentParser
import Foundation
import Saliency

struct Audit: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks whether the maps of a classifier can be trusted.",
    discussion: """
      Asks on a few images whether the model answers the same when asked twice and whatever else is in the batch, whether \
      its gradient is the one that finite differences show, whether the maps obey the identities of their definitions and \
      show anything, and whether CPU and GPU agree. What is wrong is said in plain words (✗ failed, ! warning, – not checked).

      The images are those of --images, or of the test images of --dataset, which is a bundled model's own unless given. \
      Without any, images are made up: smooth noise.

      The exit code is 1 if a check failed.

      EXAMPLES
        saliency audit --model cifar10-resnet18
        saliency audit --model flowers.pt --images rose.jpg daisy.jpg
        saliency audit --model flowers.pt --dataset flowers --limit 20 --json
      """)

  @OptionGroup var measured: MeasuredDataset

  @Option(parsing: .upToNextOption, help: ArgumentHelp("Pictures to check with.", valueName: "file"))
  var images: [String] = []

  @Flag(help: "Print one JSON object, and nothing else.") var json = false

  @OptionGroup(title: "Data") var data: DatasetOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Maps") var comparison: ComparisonOptions
  @OptionGroup(title: "Computing") var device: DeviceOptions

  /// How many images are checked unless --limit says.
  private static let usualCount = 8

  func validate() throws {
    guard measured.dataset == nil || images.isEmpty else { throw ValidationError("give either --dataset or --images") }
  }

  func work() async throws {
    let report = try await audit()
    Console.clearProgress()
    if json {
      try Console.result(report.json([.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]))
    } else {
      try Console.show(report.findings)
    }
    if report.hasFailed { throw ExitCode(1) }
  }

  private func audit() async throws -> AuditReport {
    let chosen = try await device.apply()
    let opened: ModelChoice.Opened
    do { opened = try await model.openQuietly(on: chosen) } catch let error as ModelChoiceError {
      return AuditReport(refused: error, advice: error.advice)
    }
    let twin = Torch.hasCUDA ? try await model.openQuietly(on: chosen == .cpu ? .cuda : .cpu).classifier : nil
    let memory = try await device.room(for: opened)
    let (images, name) = try await images(for: opened.classifier)
    let rivals = comparison.rivals(of: opened.classifier)
    comparison.tell(opened.classifier)
    return try await AuditRun(opened, on: images, named: name, twin: twin, rivals: rivals, memory: memory).checked(
      Console.show)
  }

  private func images(for classifier: any Classifier) async throws -> ([Raster<Float>], String) {
    let preprocessing = classifier.preprocessing
    let count = data.limit ?? Self.usualCount
    if !images.isEmpty {
      var chosen: [Raster<Float>] = []
      for path in images.prefix(data.limit ?? images.count) {
        chosen.append(try await preprocessing.seen(Picture.read(URL(filePath: path)).pixels))
      }
      return (chosen, chosen.count == 1 ? "1 picture" : "\(chosen.count) pictures")
    }
    do {
      if let dataset = measured.known(for: model) {
        let test = try await data.open(dataset, for: preprocessing).test
        let chosen = try await AuditImages.taken(from: test, for: classifier, count: count)
        // With --limit the name says how many images it is of.
        return (chosen, data.limit == nil ? test.limited(to: count).name : test.name)
      }
    } catch let error as DatasetError where measured.dataset == nil {
      Console.note("\(error.told); made-up images are used instead")
    }
    return (
      AuditImages.generated(for: preprocessing, count: count), "\(count) made-up image\(count == 1 ? "" : "s")"
    )
  }
}
