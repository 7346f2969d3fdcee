import Foundation
import Rasters
import Saliency
import Synchronization
import TestSupport
import Testing

@testable import Reports

@Suite(.slow) struct ReproductionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func reproduction(_ name: String = "out", datasets: [String] = ["cifar10"]) -> Reproduction {
    var reproduction = Reproduction(folder: folder.file(name)) { name, _ in
      guard name == "cifar10" else { throw DatasetError.notFetched(name: name) }
      return noise(count: 20, classes: cifarClasses, side: 32)
    }
    reproduction.datasets = datasets
    reproduction.architectures = [.basicCNN]
    return reproduction
  }

  private func html(_ name: String = "out") throws -> String {
    try String(contentsOf: folder.file("\(name)/index.html"), encoding: .utf8)
  }

  @Test("a page, its numbers, and what is missing with the command that gets it")
  func page() async throws {
    let warnings = Mutex<[String]>([])
    let report = try await reproduction(datasets: ["cifar10", "fashion-mnist", "nowhere"]).run { event in
      if case .warning(let text) = event { warnings.withLock { $0.append(text) } }
    }
    #expect(report.experiments.map(\.name) == ["cifar10-basic-cnn"])
    #expect(
      report.missing.count == 2 && zip(report.missing, warnings.withLock { $0 }).allSatisfy { $1.contains($0.what) })
    #expect(
      report.missing.map(\.command) == [
        "saliency data fetch fashion-mnist", "saliency reproduce --datasets nowhere --models cnn --seeds 1",
      ])
    #expect(report.experiments[0].paperAccuracy == 0.6301 && report.experiments[0].images == 20)
    #expect(report.experiments[0].areas.count { $0.paper != nil } == 10)
    let text = try html()
    #expect(text.contains("saliency data fetch fashion-mnist"))
    let saved = try JSONDecoder().decode(
      PageReport.self, from: Data(contentsOf: folder.file("out/results.json")))
    #expect(saved == report)
    // Noise is hardly ever an image of every class.
    #expect(text.contains("No image was classified correctly, so that none is shown, of "))
    let again = try await reproduction(datasets: ["cifar10", "fashion-mnist", "nowhere"]).run(existing: .resume)
    #expect(again == report)
  }

  @Test("nothing to reproduce says why")
  func nothing() async throws {
    let empty = reproduction(datasets: ["fashion-mnist"])
    let error = await #expect(throws: ReportError.self) { _ = try await empty.run() }
    #expect(error?.message.contains("saliency data fetch fashion-mnist") == true)
  }

  @Test("without pictures there are tables and curves, and it is said")
  func noPictures() async throws {
    var plain = reproduction()
    plain.options.showsPictures = false
    _ = try await plain.run()
    #expect(!FileManager.default.fileExists(atPath: folder.file("out/cifar10-basic-cnn/examples.json").path))
    #expect(try html().contains("made without pictures") && !html().contains("image/png"))
    // With and without pictures it is the same measurement.
    let curves = folder.file("out/cifar10-basic-cnn/blocks")
    let before = try FileManager.default.attributesOfItem(atPath: curves.path)[.modificationDate] as? Date
    _ = try await reproduction().run(existing: .resume)
    #expect(try html().contains("image/png"))
    _ = try await plain.run(existing: .resume)
    #expect(try !html().contains("image/png"))
    #expect(try FileManager.default.attributesOfItem(atPath: curves.path)[.modificationDate] as? Date == before)
  }

  @Test("answers in bfloat16 where it is asked for: another measurement, and the page says so")
  func mixedPrecision() async throws {
    var mixed = reproduction()
    mixed.mixed = ["cifar10-basic-cnn", "cifar10-resnet18"]
    let report = try await mixed.run()
    let facts = report.experiments[0].making.filter { $0.name == "answers for changed images" }
    #expect(facts.count == 1 && facts[0].value.hasPrefix("in bfloat16"))
    #expect(try html().contains("in bfloat16 (mixed precision)"))
    #expect(try await mixed.run(existing: .resume) == report)
    let plain = reproduction()
    await #expect(
      throws: RunFolderError.otherRun(
        folder: folder.file("out/cifar10-basic-cnn").relativePath, differences: ["precision"])
    ) { _ = try await plain.run(existing: .resume) }
  }

  @Test("checked answers: the page says how many were audited, and the curves are those of float32")
  func checkedPrecision() async throws {
    let plain = try await reproduction().run()
    var checked = reproduction()
    checked.options.precision = .checked
    let report = try await checked.run(existing: .replace)
    let fact = try #require(report.experiments[0].making.first { $0.name == "answers for changed images" })
    #expect(fact.value.hasPrefix("in bfloat16, near ties again in float32"))
    #expect(try html().contains("audited at random"))
    #expect(report.experiments[0].curves == plain.experiments[0].curves)
  }

  @Test("a part of the images, evenly spread")
  func limit() async throws {
    var quick = reproduction()
    quick.options.limit = 5
    let report = try await quick.run()
    #expect(report.experiments[0].images == 5)
    #expect(report.experiments[0].making.contains { $0.value.contains("5 of 20 images") })
  }

  @Test("models trained from seeds: means and standard deviations, trained once")
  func seeds() async throws {
    var trained = Reproduction(folder: folder.file("out")) { _, _ in noise(count: 8, side: 8) }
    trained.datasets = ["small"]
    trained.architectures = [.basicCNN]
    trained.seeds = 2
    trained.recipe.epochs = 1
    trained.recipe.batchSize = 4
    let report = try await trained.run()
    let runs = try (0..<2).map { seed in
      let file = folder.file("out/small-basic-cnn/seed-\(seed)/summary.json")
      return try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    }
    func area(_ run: [String: Any], _ place: Int) -> Double {
      let rows = run["areas"] as? [[String: Any]]
      return ((rows?[place]["auc"] as? [String: [String: Double]])?["accuracy"]?["value"]) ?? .nan
    }
    for (place, row) in report.experiments[0].areas.enumerated() {
      let values = runs.map { area($0, place) }
      expectClose(
        [row.estimate.value, row.estimate.spread ?? -1],
        [(values[0] + values[1]) / 2, abs(values[0] - values[1]) / 2.0.squareRoot()], absolute: 1e-12)
    }
    // A claim about trainings needs every one of them.
    let own = try (0..<2).map { seed in
      let file = folder.file("out/small-basic-cnn/seed-\(seed)/experiment.json")
      let kept = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
      let claims = try #require(kept?["claims"])
      return try JSONDecoder().decode([OrderClaim].self, from: JSONSerialization.data(withJSONObject: claims))
    }
    for (place, claim) in report.experiments[0].claims.enumerated() {
      for (index, comparison) in claim.comparisons.enumerated() {
        let both = own.map { $0[place].comparisons[index] }
        #expect((comparison.verdict == .holds) == both.allSatisfy { $0.verdict == .holds })
        #expect((comparison.verdict == .fails) == both.contains { $0.verdict == .fails })
        expectClose(
          [comparison.difference.value], [(both[0].difference.value + both[1].difference.value) / 2], absolute: 1e-12)
      }
    }
    #expect(try html().contains("± over seeds"))
    let trainings = Mutex(0)
    let again = try await trained.run(existing: .resume) {
      if case .progress(_, let text) = $0, text.contains("epoch") { trainings.withLock { $0 += 1 } }
    }
    #expect(again == report && trainings.withLock { $0 } == 0)
    // Other images, though as many, are not mixed with these.
    var other = Reproduction(folder: folder.file("out")) { _, _ in noise(count: 8, side: 8, seed: 1) }
    (other.datasets, other.architectures, other.seeds, other.recipe) = (["small"], [.basicCNN], 2, trained.recipe)
    let training = folder.file("out/small-basic-cnn/seed-0/training").relativePath
    await #expect(
      throws: RunFolderError.otherRun(folder: training, differences: ["test images", "training images"])
    ) { _ = try await other.run(existing: .resume) }
  }

  @Test("trainings that are stuck are left out and named; where all are, it says so")
  func stuck() async throws {
    var trained = Reproduction(folder: folder.file("out")) { _, _ in noise(count: 9, classes: cifarClasses, side: 8) }
    (trained.datasets, trained.architectures, trained.seeds) = (["small"], [.basicCNN], 2)
    (trained.recipe.epochs, trained.recipe.batchSize, trained.recipe.learningRate) = (12, 3, 1)
    let warnings = Mutex<[String]>([])
    let error = await #expect(throws: ReportError.self) {
      _ = try await trained.run { if case .warning(let text) = $0 { warnings.withLock { $0.append(text) } } }
    }
    #expect(error == .nothingLearned(experiment: "small-basic-cnn"))
    for seed in 0..<2 {
      let words = "small-basic-cnn, seed \(seed): left out, since after 10 epochs"
      #expect(warnings.withLock { $0.contains { $0.contains(words) } }, "\(warnings.withLock(\.self))")
    }
  }

  @Test("areas over seeds and last epochs: means moved by what all images change, and deviations")
  func spread() async throws {
    var trained = Reproduction(folder: folder.file("out")) { _, _ in
      noise(count: 9, classes: cifarClasses, side: 32)
    }
    (trained.datasets, trained.architectures, trained.seeds, trained.lastEpochs) = (["cifar10"], [.basicCNN], 2, 3)
    (trained.recipe.epochs, trained.recipe.batchSize, trained.spreadImages) = (4, 3, 5)
    trained.options.showsPictures = false
    let notes = Mutex<[String]>([])
    let report = try await trained.run { if case .note(let text) = $0 { notes.withLock { $0.append(text) } } }
    let spread = try #require(report.experiments[0].spread)
    #expect((spread.seeds, spread.epochs, spread.images) == (2, 3, 5))
    #expect(notes.withLock { $0.contains { $0.contains("1 of 2 trained and measured, about ") } })
    #expect(notes.withLock { $0.contains { $0.contains("a training takes about ") } })
    // The same by another way: each network from its file, on the images that the sample is of.
    let all = noise(count: 9, classes: cifarClasses, side: 32)
    func areas(_ seed: Int, _ file: String, _ images: any LabelledImages) async throws -> [Double] {
      let path = folder.file("out/cifar10-basic-cnn/seed-\(seed)/training/\(file).safetensors").path
      let model = try await TorchActor.run { try ModelChoice.open(path) }
      let run = try DeletionRun(
        DeletionBenchmark(Explainer(model.classifier), images: images, controls: false), model: model)
      let result = try await run.run(
        in: run.open(folder.file("own-\(seed)-\(file.split(separator: "/").last ?? "")-\(images.count)"))
      ).result
      return result.metrics.indices.flatMap { metric in result.scores(metric: metric).map(\.value) }
    }
    var (own, shifts): ([[Double]], [[Double]]) = ([], [])
    for seed in 0..<2 {
      for file in ["epochs/epoch-002", "epochs/epoch-003", "model"] {
        own.append(try await areas(seed, file, all.limited(to: 5).test))
      }
      shifts.append(zip(try await areas(seed, "model", all.test), own[own.count - 1]).map { $0 - $1 })
    }
    #expect(spread.areas.count == 10)
    for (place, area) in spread.areas.enumerated() {
      let values = own.map { $0[place] }
      let mean = values.reduce(0, +) / 6
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5
      expectClose(
        [area.spread.mean, area.spread.deviation],
        [mean + (shifts[0][place] + shifts[1][place]) / 2, variance.squareRoot()], absolute: 1e-12)
      #expect(area.paper == report.experiments[0].areas.first { $0.map == area.map && $0.metric == area.metric }?.paper)
    }
    #expect(try html().contains("the last 3 epochs of 2 trainings (of 4 epochs, where the paper’s have 50)"))
    #expect(report.experiments[0].making.contains(PageFact("trainings", "4 epochs each, where the paper’s have 50")))
    #expect(try await trained.run(existing: .resume) == report)
    // Shorter and longer trainings are not mixed.
    var other = trained
    other.recipe.epochs = 5
    let longer = other
    await #expect(throws: RunFolderError.otherRun(folder: folder.file("out").relativePath, differences: ["epochs"])) {
      _ = try await longer.run(existing: .resume)
    }
    // Networks that were not kept cannot be measured.
    trained.lastEpochs = 4
    let path = folder.file("out/cifar10-basic-cnn/seed-0/training/epochs/epoch-001.safetensors").relativePath
    let more = trained
    await #expect(throws: ReportError.missingEpoch(path: path)) { _ = try await more.run(existing: .resume) }
  }

  @Test("the later version: agreement with the untouched prediction, at its fractions, beside its areas")
  func attitude() async throws {
    var later = reproduction()
    later.paper = .attitude
    later.options.showsPictures = false
    let report = try await later.run()
    let experiment = report.experiments[0]
    #expect(experiment.score == "allegiance" && experiment.paperAccuracy == nil)
    #expect(experiment.areas.compactMap(\.paper) == [0.23, 0.14, 0.15, 0.21, 0.14, 0.15])
    for curve in experiment.curves {
      #expect(curve.fractions == [0, 0.03, 0.05, 0.07, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
      // Nothing is deleted at first.
      #expect(curve.values[0] == 1)
      let area = zip(zip(curve.fractions, curve.values), zip(curve.fractions, curve.values).dropFirst()).reduce(0) {
        $0 + ($1.1.0 - $1.0.0) * ($1.0.1 + $1.1.1) / 2
      }
      expectClose(
        [experiment.areas.first { $0.metric == curve.metric && $0.map == curve.map }?.estimate.value ?? -1], [area],
        absolute: 1e-12)
    }
    let text = try html()
    #expect(
      text.contains("curve of the allegiance") && !text.contains("Table 1") && !text.contains("curve of the accuracy"))
    #expect(text.contains("later version"))
    let paper = reproduction()
    await #expect(throws: RunFolderError.self) { _ = try await paper.run(existing: .resume) }
  }

  @Test("a report of a model of the user's own has no paper in it")
  func modelReport() async throws {
    let model = try await smallModel(in: folder)
    let report = try await ModelReport(model, on: noise(), folder: folder.file("out")).run()
    #expect(report.paper == nil && report.experiments[0].areas.allSatisfy { $0.paper == nil })
    #expect(report.title == "Signed saliency maps of model.safetensors")
    #expect(try !html().contains(">paper<") && html().contains("class 0"))
    await #expect(
      throws: RunFolderError.otherRun(
        folder: folder.file("out/measured").relativePath, differences: ["test images"])
    ) {
      _ = try await ModelReport(model, on: noise(seed: 1), folder: folder.file("out")).run(existing: .resume)
    }
  }
}
