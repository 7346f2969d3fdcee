import Foundation
import Saliency

/// Finds the images that a run measured in the data set itself, for runs that kept none. The digest of their content, which the run
/// recorded, says whether they are the same.
package final class ResultImages {
  /// The data set that the user named; nil: those that have been fetched.
  private let dataset: String?
  private let folder: DataFolder
  private let progress: @Sendable (_ done: Int, _ total: Int) -> Void
  private var opened: [String: Dataset] = [:]

  package init(
    dataset: String? = nil, in folder: DataFolder = .standard,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) { (self.dataset, self.folder, self.progress) = (dataset, folder, progress) }

  /// Why there are no pictures.
  struct Missing: Error { let reason: String }

  /// The run's images, in its order.
  ///
  /// - Throws: ``Missing``; `CancellationError`.
  func images(of settings: DeletionRun.Settings) async throws -> any LabelledImages {
    // No model takes larger ones.
    guard (1...1 << 22).contains(settings.setup.pixels) else {
      throw Missing(reason: "settings.json names \(settings.setup.pixels) pixels an image")
    }
    let names = dataset.map { [$0] } ?? fetched(settings.dataset)
    guard !names.isEmpty else {
      throw Missing(reason: "the run kept no images, and its data set has not been fetched; --dataset names its folder")
    }
    var reason = ""
    for name in names {
      do {
        let dataset = try await open(name, settings)
        if let found = try images(of: settings, in: dataset) { return found }
        reason = "the run kept no images, and \(name) holds others than it measured"
      } catch let error as CancellationError { throw error } catch {
        reason = "the run kept no images, and its data set cannot be read: \(error.localizedDescription)"
      }
    }
    throw Missing(reason: reason)
  }

  private func images(of settings: DeletionRun.Settings, in dataset: Dataset) throws -> (any LabelledImages)? {
    let setup = settings.setup
    for part in [Dataset.Part.test, .train] where dataset[part].count >= setup.images {
      let isWhole = dataset[part].count == setup.images
      let images = dataset[part].limited(to: setup.images)
      guard images.name == settings.dataset, images.height * images.width == setup.pixels else { continue }
      if try isWhole ? dataset.digest(of: part) == settings.datasetSum : images.digest() == settings.datasetSum {
        return images
      }
    }
    return nil
  }

  /// Fetched data sets that may be the one with a name for people, such as “Fashion-MNIST, test”.
  private func fetched(_ title: String) -> [String] {
    func plain(_ text: some StringProtocol) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
    return KnownDataset.all.filter { known in
      // imagenette-320 calls itself Imagenette.
      folder.location(of: known) != nil && plain(title).hasPrefix(plain(known.name.replacing(#/-\d+$/#, with: "")))
    }.map(\.name)
  }

  /// As the run's model wants it, so far as that is known.
  private func open(_ name: String, _ settings: DeletionRun.Settings) async throws -> Dataset {
    let side = Int(Double(settings.setup.pixels).squareRoot())
    let input = ResultReader.information(settings.model)?.preprocessing ?? Preprocessing(height: side, width: side)
    let key = "\(name)|\(input.height)×\(input.width)|\(input.fit.rawValue)"
    if let known = opened[key] { return known }
    let dataset = try await Dataset.open(name, for: input, in: folder, cache: folder, progress: progress)
    opened[key] = dataset
    return dataset
  }
}
