import Downloads
import Foundation
import Rasters
import Synchronization

/// A deletion benchmark with its files in one folder: what was measured (`settings.json`) and the answers, block by block, in
/// `blocks/`. A run can be broken off at any moment, gone on with, and be spread over machines.
public struct DeletionRun: Sendable {
  /// What was measured. Results of runs whose settings are equal belong together.
  public struct Settings: Sendable, Equatable, Codable {
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

  public let folder: URL
  public let settings: Settings
  private let benchmark: DeletionBenchmark
  private let blocks: DeletionBlocks

  /// Makes the folder ready.
  ///
  /// - Parameters:
  ///   - benchmark: what to compute.
  ///   - model: the benchmark's, for the record.
  ///   - folder: for the results; made if it is not there.
  ///   - resume: go on with what the folder holds; its settings must be equal.
  ///   - force: remove what it holds.
  /// - Throws: ``DeletionRunError``; Foundation's errors.
  public init(
    _ benchmark: DeletionBenchmark, model: ModelChoice.Opened, folder: URL, resume: Bool = false, force: Bool = false
  ) throws {
    self.benchmark = benchmark
    self.folder = folder
    settings = Settings(
      model: model.name, modelSum: try Checksum.of(model.file, .sha256).hex, dataset: benchmark.images.name,
      datasetSum: Self.sum(of: benchmark.images), setup: benchmark.setup, device: model.classifier.device,
      libtorch: Torch.version)
    blocks = DeletionBlocks(folder: folder)
    if force { try blocks.remove() }
    if let found = try blocks.settings() {
      guard resume else { throw DeletionRunError.holdsResults(folder: folder.relativePath) }
      guard found == settings else {
        throw DeletionRunError.otherSettings(folder: folder.relativePath, found.difference(from: settings))
      }
    } else {
      try blocks.begin(settings)
    }
  }

  /// Computes what is missing of a part, a file for each block.
  ///
  /// On a processor several blocks are computed at once, one for each of libtorch's threads. Where there are fewer blocks than
  /// threads, and so whatever blocks are missing, a block's operations share the threads that are left.
  ///
  /// - Parameters:
  ///   - shard: the part: every so many blocks.
  ///   - clock: takes down what the time goes to.
  ///   - progress: called with the number of images done, fractions for those under way, and their total; never twice at once.
  /// - Throws: `CancellationError`, `TorchError`, ``ClassifierError``; Foundation's errors when a file cannot be written.
  /// - Returns: notes about damaged files of blocks that were computed anew.
  @TorchActor public func run(
    _ shard: Shard = .whole, clock: DeletionClock = DeletionClock(),
    progress: @escaping @Sendable (_ done: Double, _ total: Int) -> Void = { _, _ in }
  ) async throws -> [String] {
    let setup = settings.setup
    let mine = (0..<setup.blockCount).filter { $0 % shard.count == shard.index - 1 }
    let work = Mutex(Work(blocks: mine.reversed()))
    let total = mine.reduce(0) { $0 + setup.range(of: $1).count }
    let classifier = try benchmark.answering()
    let (threads, workers) = (Torch.threads, workerCount)
    let benchmark = benchmark.sharingMemory(among: workers)
    try await TorchActor.concurrently(workers, threads: max(1, threads / workers)) { worker in
      let own = DeletionClock()
      while let block = work.withLock({ $0.blocks.popLast() }) {
        @Sendable func report(_ share: Double) {
          work.withLock {
            $0.done[block] = share * Double(setup.range(of: block).count)
            progress($0.done.values.reduce(0, +), total)
          }
        }
        do {
          if try blocks.block(block, setup) != nil {
            report(1)
            continue
          }
        } catch let error as DeletionRunError {
          work.withLock { $0.notes.append((block, "\(error.message); computed anew")) }
        }
        let answers = try benchmark.measure(block, with: classifier, clock: own, progress: report)
        try blocks.write(answers, block, setup)
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
    /// Those that nobody has begun with, the next one last.
    var blocks: [Int]
    /// Images by block, fractions for those under way.
    var done: [Int: Double] = [:]
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
  @TorchActor public func result() throws -> DeletionResult? {
    let found = try (0..<settings.setup.blockCount).compactMap { try blocks.block($0, settings.setup) }
    return found.count == settings.setup.blockCount ? try DeletionResult(settings.setup, blocks: found) : nil
  }

  /// Writes what anyone needs to measure the same with another program: `images.npy`, uint8 [N, H, W, C], and `labels.npy`,
  /// the true classes, int32 [N].
  public func writeImages() throws {
    try NumPyFile.write(benchmark.images, to: folder.appending(path: "images.npy"))
    try NumPyFile.encoded(benchmark.labels.map(Int32.init), shape: [benchmark.labels.count])
      .write(to: folder.appending(path: "labels.npy"), options: .atomic)
  }

  /// Joins the parts of one measurement in a new folder.
  ///
  /// - Throws: ``DeletionRunError`` when the parts are of different measurements, or blocks are missing, there twice or damaged.
  @TorchActor public static func merge(
    _ parts: [URL], into folder: URL, force: Bool = false
  ) throws -> (settings: Settings, result: DeletionResult) {
    var first: (settings: Settings, folder: URL)?
    var found: [Int: (block: DeletionBlock, folder: URL)] = [:]
    for part in parts {
      let blocks = DeletionBlocks(folder: part)
      guard let settings = try blocks.settings() else { throw DeletionRunError.noResults(folder: part.relativePath) }
      if let first, first.settings != settings {
        throw DeletionRunError.otherSettings(folder: part.relativePath, settings.difference(from: first.settings))
      }
      if first == nil { first = (settings, part) }
      for index in 0..<settings.setup.blockCount {
        guard let block = try blocks.block(index, settings.setup) else { continue }
        if let other = found[index] {
          throw DeletionRunError.doubleBlock(index, other.folder.relativePath, part.relativePath)
        }
        found[index] = (block, part)
      }
    }
    guard let settings = first?.settings else { throw DeletionRunError.nothingToMerge }
    let missing = (0..<settings.setup.blockCount).filter { found[$0] == nil }
    guard missing.isEmpty else { throw DeletionRunError.missingBlocks(missing) }
    let joined = DeletionBlocks(folder: folder)
    if force { try joined.remove() }
    guard try joined.settings() == nil else { throw DeletionRunError.holdsResults(folder: folder.relativePath) }
    try joined.begin(settings)
    for (index, entry) in found { try joined.write(entry.block, index, settings.setup) }
    return (settings, try DeletionResult(settings.setup, blocks: found.values.map(\.block)))
  }

  private static func sum(of images: any LabelledImages) -> String {
    let digest = Digest.sha256()
    digest.update(field: "\(images.height)×\(images.width)×\(images.channels)".utf8)
    for name in images.classNames { digest.update(field: name.utf8) }
    images.labels.withUnsafeBytes { digest.update($0) }
    for start in stride(from: 0, to: images.count, by: 256) {
      images.pixels(of: start..<min(start + 256, images.count)).withUnsafeBytes { digest.update($0) }
    }
    return digest.finish().hex
  }
}

extension DeletionRun.Settings {
  /// What is different, in a few words.
  func difference(from other: Self) -> String {
    if model != other.model || modelSum != other.modelSum { return "the model \(model)" }
    if dataset != other.dataset || datasetSum != other.datasetSum { return "the images \(dataset)" }
    if setup.fractions != other.setup.fractions { return "other fractions" }
    if setup.replacements != other.setup.replacements { return "other metrics" }
    if setup.curveMetrics != other.setup.curveMetrics { return "other metrics, or metrics with other options" }
    if setup.series != other.setup.series { return "other attributions, views or controls" }
    if setup.attributionSettings != other.setup.attributionSettings { return "attributions with other options" }
    if setup.precision != other.setup.precision { return "answers in \((setup.precision ?? .full).rawValue)" }
    if setup != other.setup { return "another order, seed, block size or memory bound" }
    return "device \(device.rawValue) and libtorch \(libtorch)"
  }
}

/// Why a benchmark's folder cannot be used.
public enum DeletionRunError: LocalizedError, Equatable, Sendable {
  case holdsResults(folder: String)
  case otherSettings(folder: String, String)
  case noResults(folder: String)
  case damaged(path: String)
  case doubleBlock(Int, String, String)
  case missingBlocks([Int])
  case nothingToMerge

  public var errorDescription: String? {
    switch self {
    case .holdsResults(let folder):
      "\(folder) holds results; give --resume to go on with them, --force to remove them, or another --output"
    case .otherSettings(let folder, let what):
      "\(folder) holds results of another measurement, of \(what); they are not mixed: choose another --output"
    case .noResults(let folder): "\(folder) holds no results of saliency benchmark: it has no settings.json"
    case .damaged(let path): "\(path) is damaged"
    case .doubleBlock(let index, let one, let other):
      "block \(index) is in \(one) and in \(other); merge each part once"
    case .missingBlocks(let blocks):
      "\(blocks.count) blocks are missing (\(blocks.prefix(3).map(String.init).joined(separator: ", "))"
        + "\(blocks.count > 3 ? ", …" : "")); run the shards that are not complete again with --resume"
    case .nothingToMerge: "there is nothing to merge"
    }
  }
}
