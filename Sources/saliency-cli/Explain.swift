import ArgumentParser
import Explorer
import Foundation
import Saliency

struct Explain: InterruptibleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explains what a classifier sees in pictures: one figure of saliency maps for each.",
    discussion: """
      --help-all shows every option. For every picture it prints the predicted class, its probability and the runners-up, then the files written: \
      <stem>.saliency.png (with --format html a page, <stem>.saliency.html; with --overlay-only <stem>.<attribution>.<view>.overlay.png) and, with --save-maps, <stem>.<attribution>.<view>.npy (NumPy, float32, [H, W], unscaled).

      EXAMPLES
        saliency explain cat.jpg
        saliency explain cat.jpg --class dog --style signed
        saliency explain cat.jpg --format html --class cat --class dog
        saliency explain photos --model resnet.pt --preset imagenet --save-maps
        saliency explain photo.jpg --overlay-only --views active
        saliency explain cat.jpg --views active,rivalry --rivals 3 --format pdf
        saliency explain cat.jpg --attributions gradient,deeplift --baseline mean
        saliency explain cat.jpg --json | jq .predicted

      EXIT CODES
        0 all done; 1 something failed; 64 the command line is wrong; 130 interrupted
      """)

  @Argument(
    help: ArgumentHelp(
      "Pictures, folders of pictures, and - for a picture from standard input.", valueName: "image|folder"))
  var pictures: [String]

  @OptionGroup(title: "Model") var model: ModelOptions

  @OptionGroup(title: "Maps") var maps: MapOptions

  @Option(
    name: .customLong("class"),
    help: ArgumentHelp(
      "Explain this class instead of the predicted one; with --format html several, each with its own --class. A name goes before an index.",
      valueName: "name|index"))
  var explainedClasses: [String] = []

  @OptionGroup(title: "Results") var results: ResultOptions

  @Option(help: ArgumentHelp("Refuse pictures with more million pixels than this.", visibility: .hidden))
  var maxPixels = 100
  @Option(help: ArgumentHelp("Seed for attributions that draw random numbers.", visibility: .hidden)) var seed: UInt64 =
    0
  @OptionGroup(title: "Computing", visibility: .hidden) var device: DeviceOptions

  /// Photographs show more than a network for CIFAR-10 knows.
  static var usualModel: String {
    let large = KnownModel.imageNetEfficientNetLite0
    return large.isFetched ? large.name : BundledModel.defaultName
  }

  func validate() throws {
    guard !(results.overlayOnly && maps.views.names.contains(Rivalry.name)) else {
      throw ValidationError("--overlay-only: the view rivalry names classes and is no map; choose from the other views")
    }
    guard explainedClasses.count < 2 || results.format == .html else {
      throw ValidationError("--class: a figure explains one class; --format html takes several")
    }
    guard (1...100_000).contains(maxPixels) else { throw ValidationError("--max-pixels is not between 1 and 100000") }
  }

  func work() async throws {
    let report = ExplainReport(json: results.json)
    let found = try PictureArguments(pictures, maximumBytes: Self.mostBytes) { try report.failed($0, $1) }
    guard !found.urls.isEmpty else { throw ExitCode(1) }
    let folder = try outputFolder(results.output)
    let chosen = try await device.apply()
    let opened = try await model.open(on: chosen, usual: Self.usualModel)
    let classifier = opened.classifier
    // Each once, in order.
    let classes = try explainedClasses.map { name in
      do { return try classifier.labels.index(of: name) } catch {
        throw CommandError("--class: \(error.localizedDescription)")
      }
    }.unique

    let asked = try await maps.explainer(classifier, style: results.style, seed: seed)
    let room = try await device.room(for: opened)
    let document = document(opened, asked, room)
    let explainer = results.format == .html ? try document.explainer() : asked
    // What would be overwritten is left out before any work is done.
    var files: [URL: ExplanationFiles] = [:]
    for (url, name) in zip(found.urls, OutputNames.names(for: found.urls)) {
      let names = ExplanationFiles(
        folder: folder, name: name, format: results.format, explainer: explainer, views: maps.views.names,
        savesMaps: results.saveMaps, overlaysOnly: results.overlayOnly)
      if let existing = names.existing, !results.force {
        try report.failed(url, CommandError("\(existing.shown) exists; give --force to overwrite it"))
      } else {
        files[url] = names
      }
    }

    let job = try PictureJob(
      explainer, explainedClass: classes.first, memory: room,
      maximumPixels: maxPixels * 1_000_000, contents: found.contents)
    let drawing = results.drawing(model: opened.name)
    let (outputs, views, format, model) = (files, maps.views.names, results.format, opened.name)
    let todo = found.urls.filter { outputs[$0] != nil }
    if todo.count == 1 { try await device.saveThreads(for: classifier) }
    report.begin(todo.count)
    try await job.run(todo, progress: report.progress) { outcome in
      guard let names = outputs[outcome.url] else { return }
      let explained: PictureJob.Explained
      do {
        explained = try outcome.result.get()
        let photograph = try await photograph(of: outcome.url, job)
        try names.write(
          explained.explanation,
          figure: { drawing.figure(explained, views: views, labels: classifier.labels, photograph: photograph) },
          format: format.figure
        ) { view, attribution in
          photograph.flatMap { drawing.overlay(of: view, attribution, in: explained.explanation, on: $0) }
        }
        if format == .html, let photograph, let page = names.figure {
          let name = outcome.url.lastPathComponent
          try await document.page(name, explained, photograph: photograph, classes: classes) {
            Console.progress($0, "the page of \(name)")
          }.writeWhole(to: page)
        }
      } catch let error where !(error is CancellationError) { return try report.failed(outcome.url, error) }
      try report.explained(
        outcome.url, explained, names, labels: classifier.labels, model: model, rivals: explainer.rivals)
    }
    if let cost = report.costOfAllRivals(classifier) { maps.comparison.tell(classifier, cost: cost) }
    if report.failures > 0 { throw ExitCode(1) }
  }

  /// What a page of a picture is made by, of the views asked for.
  private func document(_ opened: ModelChoice.Opened, _ explainer: Explainer, _ room: Int) -> ExplorerDocument {
    ExplorerDocument(
      ExplorerAnalysis(
        opened.classifier, model: model.named ?? opened.name, rivals: explainer.rivals, memory: room),
      explainer.attributions, maps.views.names.compactMap { Views.named($0) },
      version: SaliencyCommand.configuration.version)
  }

  /// What overlays and pages show, as large as it is shown; nil where there are none.
  private func photograph(of url: URL, _ job: PictureJob) async throws -> Photograph? {
    guard results.overlayOnly || results.style == .overlay || results.format == .html else { return nil }
    let whole = try job.photograph(url)
    if results.overlayOnly || results.format == .html { return whole }
    let input = job.explainer.classifier.preprocessing
    return try await whole.fitted(
      side: MapFigure.photographSide(scale: results.scale), height: input.height, width: input.width)
  }

  /// More than any picture takes: what comes from standard input may have no end.
  private static let mostBytes = 1 << 30
}

extension ExplanationFormat: ExpressibleByArgument {}
extension MapStyle: ExpressibleByArgument {}

/// What `saliency explain` writes, and how it looks.
struct ResultOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Folder for the results.") var output = "."
  @Option(
    help: """
      A figure as png, pdf or svg; or html: one page to look at in a browser, with the maps of the classes asked for (of the \
      predicted one and the runner-up where none is), which needs no network and can be sent to others.
      """)
  var format = ExplanationFormat.png
  @Option(
    help: "heat, overlay (heat over the whole photograph), or signed (red: should get brighter, blue: darker).")
  var style = MapStyle.heat
  @Flag(
    help: ArgumentHelp(
      """
      Write no figure but, for each map, the photograph in its own resolution with the map over it, as PNG: in heat colours, \
      or in red and blue with --style signed.
      """, visibility: .hidden))
  var overlayOnly = false
  @Option(help: ArgumentHelp("How much of the picture a map covers in an overlay, 0 to 1.", visibility: .hidden))
  var opacity: Float = 0.7
  @Option(help: ArgumentHelp("Draw panels N times as large as usual.", visibility: .hidden)) var scale = 1.0
  @Option(
    help: ArgumentHelp(
      "Draw values above this percentile as if they were at it. For display alone.", visibility: .hidden))
  var clip = 99.5
  @Option(
    help: ArgumentHelp(
      """
      Smooth maps for display by a Gaussian of σ map pixels; 0 for none (default: none below 64 pixels, above the longer side \
      / 112). Saved maps never are.
      """, valueName: "σ", visibility: .hidden))
  var smooth: Double?
  @Flag(help: "Keep the maps as NumPy files.") var saveMaps = false
  @Flag(help: "Print one JSON object a line for each picture, and nothing else.") var json = false
  @Flag(help: "Overwrite files that are there.") var force = false

  func validate() throws {
    guard (0...1).contains(opacity) else { throw ValidationError("--opacity is not between 0 and 1") }
    guard clip > 0, clip <= 100 else { throw ValidationError("--clip is a percentile: above 0, at most 100") }
    guard (0.25...10).contains(scale) else { throw ValidationError("--scale is not between 0.25 and 10") }
    if let smooth, !(0...100).contains(smooth) { throw ValidationError("--smooth is not between 0 and 100 pixels") }
    guard !overlayOnly || format == .png else {
      throw ValidationError("--overlay-only writes PNG files: leave --format \(format.rawValue) out")
    }
  }

  func drawing(model: String) -> ExplanationFigure {
    var drawing = ExplanationFigure(model: model)
    drawing.style = style
    drawing.opacity = opacity
    drawing.clip = clip
    drawing.smoothing = smooth
    drawing.scale = scale
    return drawing
  }
}
