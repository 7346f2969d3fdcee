import Datasets
import Experiments
import Foundation
import Maps
import Networks
import Synchronization
import Tensors
import Training

/// Models that are trained anew, from several seeds.
extension Reproduction {
  /// What the five maps of one network came to, on the images of the spread.
  private struct Measured {
    let areas: [Double]
    let isOrdered: Bool
    /// On all test images.
    let accuracy: Double
  }

  /// Trains models from some seeds and measures each; the page shows their means, and the first one's examples and checks. Trainings
  /// that are stuck are left out, and the page says so.
  func trained(
    _ wanted: Wanted, seeds: Range<Int>, in output: RunFolder, _ report: @Sendable @escaping (RunEvent) -> Void
  ) async throws -> ExperimentRun.Result {
    let data = try await open(wanted.dataset, nil)
    let count = spreadImages ?? (data.test.height * data.test.width <= 64 * 64 ? 1000 : 300)
    let sample = data.limited(to: min(options.limit ?? .max, count))
    var (runs, networks): ([ExperimentRun.Result], [[Measured]]) = ([], [])
    var (learned, leftOut): ([Int], [PageFact]) = ([], [])
    let clock = TimeLeft(trainings: seeds.count)
    for seed in seeds {
      let folder = output.folder(wanted.name).appending(path: "seed-\(seed)", directoryHint: .isDirectory)
      let files: [URL]
      do {
        files = try await train(wanted, seed, on: data, in: folder) { event in
          report(event)
          guard let left = clock.estimate(event, seed: seed - seeds.lowerBound) else { return }
          report(.note("\(wanted.name): \(left)"))
        }
      } catch let error as TrainingError {
        guard case .stuck = error else { throw error }
        leftOut.append(PageFact("seed \(seed)", "left out: \(error.localizedDescription)"))
        report(.warning("\(wanted.name), seed \(seed): left out, since \(error.localizedDescription)"))
        continue
      }
      learned.append(seed)
      let (file, device) = (files[files.count - 1].path, device)
      let model = try await TorchActor.run { try ModelChoice.open(file, device: device) }
      var own = options(for: wanted)
      own.showsPictures = options.showsPictures && seed == 0
      runs.append(
        try await ExperimentRun(
          name: wanted.name, title: wanted.architecture.title, model: model, dataset: data, options: own,
          folder: folder, paper: wanted.paper, twin: seed == 0 ? twin(file) : nil,
          memory: room(for: model), others: [Self.training, Self.epochs]
        ).run { report($0) })
      if files.count > 1 {
        networks.append(try await measure(files, wanted, own.precision, on: sample, in: folder, seed, report))
      }
      if let left = clock.finished(seed: seed - seeds.lowerBound) { report(.note("\(wanted.name): \(left)")) }
    }
    guard !runs.isEmpty else { throw ReportError.nothingLearned(experiment: wanted.name) }
    var experiment = PageExperiment.mean(of: runs.map(\.experiment), seeds: learned)
    experiment.making += leftOut
    if let length {
      experiment.making.append(
        PageFact("trainings", "\(length) epochs each, where the paper’s have \(Recipe().epochs)"))
    }
    if !networks.isEmpty {
      experiment.spread = Self.spread(runs.map(\.experiment), networks, length, sample.test.count)
    }
    return ExperimentRun.Result(experiment: experiment, examples: runs[0].examples)
  }

  private static let (training, epochs) = ("training", "epochs")

  /// How many epochs a training has; nil: as many as the paper's.
  var length: Int? { recipe.epochs == Recipe().epochs ? nil : recipe.epochs }

  /// - Returns: the files of the networks of the last epochs, the trained one last.
  private func train(
    _ wanted: Wanted, _ seed: Int, on data: Dataset, in folder: URL, _ report: @Sendable @escaping (RunEvent) -> Void
  ) async throws -> [URL] {
    var recipe = recipe
    recipe.seed = UInt64(seed)
    var training = try await TrainingRun(
      wanted.architecture, recipe: recipe, dataset: data, device: device, memory: memory)
    training.keptEpochs = lastEpochs
    training.endsWhenStuck = true
    let kept = try training.open(
      folder.appending(path: Self.training, directoryHint: .isDirectory), existing: .resume)
    let files = training.networks(in: kept)
    if !kept.has(TrainingRun.model(in: kept).lastPathComponent) {
      _ = try await training.run(in: kept) { report($0.of("\(wanted.name), seed \(seed)")) }
    }
    if let missing = files.first(where: { !FileManager.default.fileExists(atPath: $0.path) }) {
      throw ReportError.missingEpoch(path: missing.relativePath)
    }
    return files
  }

  /// Measures the networks of a training's last epochs, the five maps without controls.
  private func measure(
    _ files: [URL], _ wanted: Wanted, _ precision: AnswerPrecision?, on sample: Dataset, in folder: URL, _ seed: Int,
    _ report: @Sendable @escaping (RunEvent) -> Void
  ) async throws -> [Measured] {
    let (sum, device) = (try sample.digest(of: .test), device)
    var found: [Measured] = []
    for (turn, file) in files.enumerated() {
      let model = try await TorchActor.run { try ModelChoice.open(file.path, device: device) }
      let benchmark = try await DeletionBenchmark(
        Explainer(model.classifier), images: sample.test, fractions: paper.fractions, controls: false,
        seed: options.seed, memory: room(for: model), precision: precision ?? .full)
      let run = try DeletionRun(benchmark, model: model, imagesSum: sum, paper: wanted.paper)
      let name = "\(wanted.name), seed \(seed): network \(turn + 1) of the last \(files.count) epochs"
      let part = folder.appending(path: "\(Self.epochs)/\(turn)", directoryHint: .isDirectory)
      let result = try await run.run(in: run.open(part, existing: .resume)) { report($0.of(name)) }
      let page = result.experiment(wanted.name, model: "", dataset: "", paper: wanted.paper)
      let comparisons = page.claims.filter { $0.subject == .order }.flatMap(\.comparisons).filter(\.isNeeded)
      let accuracy = try ModelInformation(contentsOf: file).origin.accuracy
      found.append(
        Measured(
          areas: page.areas.map(\.estimate.value), isOrdered: comparisons.allSatisfy { $0.difference.value > 0 },
          accuracy: accuracy ?? result.result.accuracy))
    }
    return found
  }

  /// - Parameters:
  ///   - runs: of each seed's last network, on all images that are measured.
  ///   - networks: of each seed's last epochs, on fewer.
  private static func spread(
    _ runs: [PageExperiment], _ networks: [[Measured]], _ length: Int?, _ images: Int
  ) -> PageSpread {
    let all = networks.joined()
    let maps = runs[0].areas.filter { !$0.map.isControl }
    let areas = maps.enumerated().map { place, area in
      let shifts = zip(runs, networks).map { run, own in
        let whole = run.areas.filter { !$0.map.isControl }[place].estimate.value
        return whole - own[own.count - 1].areas[place]
      }
      return PageSpread.Area(
        metric: area.metric, map: area.map,
        spread: Spread(all.map { $0.areas[place] }).moved(by: Spread(shifts).mean), paper: area.paper)
    }
    return PageSpread(
      seeds: networks.count, epochs: networks[0].count, length: length, images: images,
      ordered: all.count(where: \.isOrdered),
      accuracy: Spread(all.map(\.accuracy)), areas: areas)
  }
}

/// How long the trainings of one kind will still take, from what has been seen of them.
private final class TimeLeft: Sendable {
  private struct State {
    /// When each seed that was trained here was first heard of, and how far it was then.
    var begins: [Int: (time: ContinuousClock.Instant, share: Double)] = [:]
    var hasTold = false
  }

  private let state = Mutex(State())
  private let trainings: Int

  init(trainings: Int) { self.trainings = trainings }

  /// Once, when a fiftieth of a training has been seen: how long they all take.
  func estimate(_ event: RunEvent, seed: Int) -> String? {
    guard case .progress(let share, _) = event else { return nil }
    let now = ContinuousClock.now
    return state.withLock { state in
      guard let begin = state.begins[seed] else {
        state.begins[seed] = (now, share)
        return nil
      }
      guard !state.hasTold, share - begin.share >= 0.02 else { return nil }
      state.hasTold = true
      let whole = (now - begin.time) / .seconds(1) / (share - begin.share)
      let left = whole * (1 - share + Double(trainings - seed - 1))
      return trainings == 1
        ? "the training will take \(Text.clock(left)), and measuring more"
        : "a training takes about \(Text.clock(whole)), all \(trainings) will take \(Text.clock(left)), and measuring "
          + "them more"
    }
  }

  /// When a seed has been trained and measured: how long the others will take, which a seed of this run tells.
  func finished(seed: Int) -> String? {
    let left = trainings - seed - 1
    guard left > 0, let begin = state.withLock({ $0.begins[seed]?.time }) else { return nil }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    return "\(seed + 1) of \(trainings) trained and measured, about \(Text.clock(seconds * Double(left))) left"
  }
}
