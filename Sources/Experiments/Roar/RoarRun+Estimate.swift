import Datasets
import Files
import Foundation
import Synchronization
import Tensors
import Training

extension RoarRun {
  /// How long a run will take, as measured on a little of it.
  public struct Estimate: Sendable {
    public let trainings: Int
    /// Seconds of one training.
    public let training: Double
    /// Seconds of all maps.
    public let maps: Double

    public var seconds: Double { Double(trainings) * training + maps }
  }

  /// Measures a few steps of training and one batch of every map, and multiplies: an estimate for what is still to be done.
  /// Trainings under way count as whole ones.
  ///
  /// - Parameter folder: where the results are or will be; nothing is written there.
  /// - Throws: the errors of `Trainer` and of `Explainer`.
  @TorchActor public func estimate(in folder: URL) async throws -> Estimate {
    let found = try? RunFolder.found(in: folder, as: RoarSettings.self)
    let holdsOwn = found.map { $0.settings == settings && $0.identity == identity } ?? false
    let missing = settings.trainings.filter { !holdsOwn || !folder.appending(path: $0.file).exists }
    let maps = Set(missing.compactMap(\.map))
    let batch = 0..<min(batchSize, 20, dataset.train.count)
    if let map = maps.first { _ = try await values(of: map, batch, dataset.train) }  // The first batch is slow.
    let begin = ContinuousClock.now
    for map in maps { _ = try await values(of: map, batch, dataset.train) }
    let forMaps = (ContinuousClock.now - begin) / .seconds(1)
    let images = Double(dataset.train.count + dataset.test.count)
    return Estimate(
      trainings: missing.count, training: missing.isEmpty ? 0 : try await secondsOfTraining(),
      maps: forMaps * images / Double(batch.count))
  }

  /// From the second to the fourth epoch on a few batches, the first being slow. A test image counts as a third of a training
  /// image, a forward pass alone; what is left of an epoch's time, such as its checkpoint, does not grow with the images.
  @TorchActor private func secondsOfTraining() async throws -> Double {
    let folder = FileManager.default.temporaryDirectory.appending(path: "saliency-roar-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var recipe = settings.recipe
    recipe.epochs = 4
    let few = dataset.limited(to: 3 * recipe.batchSize)
    let ends = Mutex<[(at: ContinuousClock.Instant, speed: Double)]>([])
    _ = try await Trainer(
      settings.architecture, recipe: recipe, train: few.train, test: few.test, dataset: "",
      checkpoint: folder.appending(path: "checkpoint.safetensors"), device: explainer.classifier.device
    ).run { event in
      if case .epoch(let record, _, _) = event { ends.withLock { $0.append((.now, record.imagesPerSecond)) } }
    }
    func images(_ data: Dataset) -> Double { Double(data.train.count) + Double(data.test.count) / 3 }
    let epochs = ends.withLock { ends in
      zip(ends, ends.dropFirst()).map { before, end in
        let rest = (end.at - before.at) / .seconds(1) - images(few) / end.speed
        return images(dataset) / end.speed + max(0, rest)
      }
    }
    return Double(settings.recipe.epochs) * epochs.sorted()[epochs.count / 2]
  }
}
