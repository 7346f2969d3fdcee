import Datasets
import Downloads
import Files
import Foundation
import Maps
import Networks
import Rasters
import Synchronization
import Tensors

/// A ``DeletionBenchmark`` with its files in one folder: what was measured (`settings.json`) and the answers, block by block, in
/// `blocks/`. A run can be broken off at any moment, gone on with, and be spread over machines.
public struct DeletionRun: Experiment {
  /// What was measured. Results of runs whose settings are equal belong together.
  public struct Settings: RunSettings {
    /// The model's name and its file's SHA-256.
    public let model: String
    public let modelSum: String
    /// The data set's name and the SHA-256 of the images' pixels and classes.
    public let dataset: String
    public let datasetSum: String
    public let setup: DeletionSetup
    public let device: Device
    /// libtorch's version.
    public let libtorch: String

    public static let words = [
      "dataset": "test images", "datasetSum": "test images", "series": "attributions, views or controls",
      "metrics": "metrics or their options", "attributionSettings": "options of attributions",
    ]

    var identity: RunIdentity { RunIdentity(model: modelSum, data: ["test images": datasetSum], device: device) }
  }

  /// Part i of n of the work, counted from 1: every n-th block.
  public struct Shard: Sendable, Equatable {
    public let index: Int
    public let count: Int

    public init(index: Int, of count: Int) {
      self.index = index
      self.count = count
    }

    public static let whole = Shard(index: 1, of: 1)
  }

  public let settings: Settings
  /// What the paper measured, to stand beside it.
  public var paper: Paper.Experiment?
  private let benchmark: DeletionBenchmark

  /// - Parameters:
  ///   - benchmark: what to compute.
  ///   - model: the benchmark's, for the record.
  ///   - imagesSum: the digest of the benchmark's images, if it is known; else they are all read once.
  ///   - paper: what the paper measured, to stand beside it.
  /// - Throws: `CancellationError`; Foundation's errors.
  public init(
    _ benchmark: DeletionBenchmark, model: ModelChoice.Opened, imagesSum: String? = nil, paper: Paper.Experiment? = nil
  ) throws {
    self.benchmark = benchmark
    self.paper = paper
    settings = Settings(
      model: model.name, modelSum: try Checksum.of(model.file, .sha256).hex, dataset: benchmark.images.name,
      datasetSum: try imagesSum ?? benchmark.images.digest(), setup: benchmark.setup, device: model.classifier.device,
      libtorch: Torch.version)
  }

  public var identity: RunIdentity { settings.identity }

  public static let parts = [DeletionBlocks.name, "images.npy", "labels.npy"]

  /// Computes what is missing, and puts all of it together. Where processes share the folder, each computes the blocks that it gets,
  /// and one of them puts them together when the last one is done.
  ///
  /// - Throws: as ``measure(_:in:clock:progress:)``; ``RunFolder/LeftToAnother``.
  public func run(
    in folder: RunFolder, report: @escaping @Sendable (RunEvent) -> Void
  ) async throws -> DeletionReport {
    let isAlone = folder.worker == nil
    let (begin, isFresh) = (ContinuousClock.now, isAlone && !folder.has(DeletionBlocks.name))
    let clock = await DeletionClock()
    let notes = try await measure(in: folder, clock: clock) { done, total in
      report(.progress(done / Double(total), String(format: "%.0f/%d images", done, total)))
    }
    for note in notes { report(.warning(note)) }
    try folder.takeLead()
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    report(.progress(1, "intervals"))
    guard let result = try await result(in: folder) else { throw EvaluationError.missingImages(0) }
    var found = DeletionReport(settings, result, paper: paper)
    let (threads, phases) = await TorchActor.run { (Torch.threads, clock.seconds) }
    found.timing = .init(seconds: isFresh ? seconds : nil, phases: isFresh ? phases : nil, threads: threads)
    return found
  }

  /// Computes what is missing of a part, a file for each block.
  ///
  /// On a processor several blocks are computed at once, one for each of libtorch's threads. Where there are fewer blocks than
  /// threads, and so whatever blocks are missing, a block's operations share the threads that are left.
  ///
  /// - Parameters:
  ///   - shard: the part: every so many blocks.
  ///   - folder: for the results.
  ///   - clock: takes down what the time goes to.
  ///   - progress: called with the number of images done, fractions for those under way, and their total; never twice at once.
  /// - Throws: `CancellationError`, `TorchError`, ``ClassifierError``; Foundation's errors when a file cannot be written.
  /// - Returns: notes about damaged files of blocks that were computed anew.
  @TorchActor public func measure(
    _ shard: Shard = .whole, in folder: RunFolder, clock: DeletionClock = DeletionClock(),
    progress: @escaping @Sendable (_ done: Double, _ total: Int) -> Void = { _, _ in }
  ) async throws -> [String] {
    let (setup, blocks) = (settings.setup, DeletionBlocks(folder: folder.url))
    let mine = (0..<setup.blockCount).filter { $0 % shard.count == shard.index - 1 }
    let queue = try folder.queue(mine)
    let work = Mutex(Work())
    for (block, by) in folder.lost {
      work.withLock { $0.notes.append((block, "block \(block) was begun by \(by), and not finished")) }
    }
    let total = mine.reduce(0) { $0 + setup.range(of: $1).count }
    let answering = try benchmark.answering()
    let (threads, workers) = (Torch.threads, workerCount)
    let benchmark = benchmark.sharingMemory(among: workers)
    try await TorchActor.concurrently(workers, threads: max(1, threads / workers)) { worker in
      let own = DeletionClock()
      while let piece = try queue.next() {
        let block = piece.number
        @Sendable func report(_ share: Double) {
          work.withLock {
            $0.done[block] = share * Double(setup.range(of: block).count)
            let others = share == 1 ? queue.finishedByOthers() * setup.blockSize : $0.byOthers
            $0.byOthers = others
            progress(min($0.done.values.reduce(0, +) + Double(others), Double(total)), total)
          }
        }
        if let lost = piece.lostBy {
          let note = "block \(block) was begun by \(lost), which is gone; computed anew"
          work.withLock { $0.notes.append((block, note)) }
        }
        do {
          if try blocks.block(block, setup, benchmark.metrics) != nil {
            try queue.finish(block)
            report(1)
            continue
          }
        } catch let error as RunFolderError {
          work.withLock { $0.notes.append((block, "\(error.message); computed anew")) }
        }
        let one = DeletionClock()
        let answers = try benchmark.measure(block, with: answering, clock: one, progress: report)
        own.add(one.seconds, sharedBy: 1)
        let shared = Double(max(1, threads / workers))
        try blocks.write(answers, block, benchmark.metrics, seconds: one.attributions.map { $0 * shared })
        try queue.finish(block)
        report(1)
      }
      try Task.checkCancellation()
      work.withLock { $0.phases.append(own.seconds) }
    }
    return work.withLock { work in
      for phases in work.phases { clock.add(phases, sharedBy: workers) }
      return work.notes.sorted { $0.block < $1.block }.map(\.text)
    }
  }

  /// What the workers share.
  private struct Work {
    /// Images by block, fractions for those under way.
    var done: [Int: Double] = [:]
    /// Images that other processes have done.
    var byOthers = 0
    var notes: [(block: Int, text: String)] = []
    var phases: [DeletionClock.Phases] = []
  }

  /// As many as there are threads and blocks for, and as have room in memory.
  @TorchActor private var workerCount: Int {
    let (explainer, setup) = (benchmark.explainer, settings.setup)
    guard explainer.classifier.device == .cpu else { return 1 }
    let room = explainer.memory / max(1, setup.batchSize * explainer.classifier.bytesPerImage)
    return max(1, min(Torch.threads, setup.blockCount, room))
  }

  /// The results, if all blocks are there; nil if some are missing.
  @TorchActor public func result(in folder: RunFolder) throws -> DeletionResult? {
    let (setup, metrics, blocks) = (settings.setup, benchmark.metrics, DeletionBlocks(folder: folder.url))
    let found = try (0..<setup.blockCount).compactMap { try blocks.block($0, setup, metrics) }
    guard found.count == setup.blockCount else { return nil }
    var result = try DeletionResult(setup, metrics: metrics, blocks: found)
    result.attributionSeconds = try blocks.attributionSeconds(setup)
    return result
  }

  /// Writes what anyone needs to measure the same with another program: `images.npy`, uint8 [N, H, W, C], and `labels.npy`,
  /// the true classes, int32 [N].
  public func writeImages(to folder: RunFolder) throws {
    try NumPyFile.write(benchmark.images, to: folder.file("images.npy"))
    try folder.write(
      NumPyFile.encoded(benchmark.labels.map(Int32.init), shape: [benchmark.labels.count]), as: "labels.npy")
  }

  /// Joins the parts of one measurement in a new folder.
  ///
  /// - Throws: ``EvaluationError`` when blocks are missing or there twice; `RunFolderError` when the parts are of different
  ///   measurements or damaged.
  @TorchActor public static func merge(
    _ parts: [URL], into folder: URL, existing: RunFolder.Existing = .refuse
  ) throws -> (folder: RunFolder, settings: Settings, result: DeletionResult) {
    var first: RunFolder.Found<Settings>?
    var found: [Int: (block: DeletionBlock, folder: URL)] = [:]
    for part in parts {
      let blocks = DeletionBlocks(folder: part)
      guard let record = try RunFolder.found(in: part, as: Settings.self) else {
        throw EvaluationError.noResults(folder: part.relativePath)
      }
      if let first, first.settings != record.settings || first.identity != record.identity {
        throw RunFolderError.otherRun(part, record, first)
      }
      if first == nil { first = record }
      let setup = record.settings.setup
      let metrics = try setup.knownMetrics()
      for index in 0..<setup.blockCount {
        guard let block = try blocks.block(index, setup, metrics) else { continue }
        if let other = found[index] {
          throw EvaluationError.doubleBlock(index, other.folder.relativePath, part.relativePath)
        }
        found[index] = (block, part)
      }
    }
    guard let first else { throw EvaluationError.nothingToMerge }
    let settings = first.settings
    let missing = (0..<settings.setup.blockCount).filter { found[$0] == nil }
    guard missing.isEmpty else { throw EvaluationError.missingBlocks(missing) }
    let joined = try RunFolder(folder, settings, first.identity, parts: Self.parts, existing: existing)
    let metrics = try settings.setup.knownMetrics()
    let blocks = DeletionBlocks(folder: folder)
    for (index, entry) in found {
      let seconds = try DeletionBlocks(folder: entry.folder).seconds(index)
      try blocks.write(entry.block, index, metrics, seconds: seconds)
    }
    var result = try DeletionResult(settings.setup, metrics: metrics, blocks: found.values.map(\.block))
    result.attributionSeconds = try blocks.attributionSeconds(settings.setup)
    return (joined, settings, result)
  }
}
