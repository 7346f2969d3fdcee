import Files
import Foundation
import Maps
import Rasters
import Tensors

extension RoarRun {
  /// The order in which a map removes the pixels of both parts: as it is on disk, or made now.
  ///
  /// - Throws: the errors of `Explainer`; `CancellationError`; Foundation's errors.
  @TorchActor func orders(
    of map: MapName, in folder: RunFolder, progress: (Double) -> Void
  ) async throws -> Orders {
    let total = Double(dataset.train.count + dataset.test.count)
    // Processes that share the folder wait for the one that makes them.
    let place = folder.folder("orders")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let lock = try FolderLock.waited(place, name: ".\(map.slug)")
    defer { withExtendedLifetime(lock) {} }
    return (
      try await order(of: map, "train", dataset.train, in: folder) { progress($0 / total) },
      try await order(of: map, "test", dataset.test, in: folder) {
        progress((Double(dataset.train.count) + $0) / total)
      }
    )
  }

  private static func order(of map: MapName, _ part: String) -> String { "orders/\(map.slug).\(part)" }

  /// They take two bytes a pixel.
  func removeOrders(of map: MapName, in folder: RunFolder) throws {
    for part in ["train", "test"] { try folder.remove(Self.order(of: map, part)) }
  }

  /// - Parameter progress: called with the number of images done.
  @TorchActor private func order(
    of map: MapName, _ part: String, _ images: any LabelledImages, in folder: RunFolder,
    progress: (Double) -> Void
  ) async throws -> RemovalOrder {
    let pixels = images.height * images.width
    let name = Self.order(of: map, part)
    func kept() -> RemovalOrder? {
      guard let data = try? Data(contentsOf: folder.file(name), options: .mappedIfSafe),
        data.count == 2 * images.count * pixels
      else { return nil }
      return RemovalOrder(data, pixels: pixels)
    }
    if let order = kept() { return order }
    let file = try folder.begin(name)
    for batch in (0..<images.count).batches(of: batchSize) {
      try Task.checkCancellation()
      for values in try await values(of: map, batch, images) { try file.write(RemovalOrder.places(of: values)) }
      progress(Double(batch.upperBound))
    }
    try file.keep()
    guard let order = kept() else { throw RunFolderError.damaged(path: folder.file(name).relativePath) }
    return order
  }

  /// Images whose maps are made at once.
  var batchSize: Int { max(1, min(100, explainer.memory / max(4 * explainer.classifier.bytesPerImage, 1))) }

  /// A map's values for some images.
  @TorchActor func values(
    of map: MapName, _ batch: Range<Int>, _ images: any LabelledImages
  ) async throws -> [[Float]] {
    if let control = ControlMap(rawValue: map.attribution) {
      return batch.map { index in
        control.map(of: images[index].map { Float($0) / 255 }, index: index, seed: settings.recipe.seed).values.map {
          // Whatever there is to remove may be removed.
          control == .random ? $0 + 1 : $0
        }
      }
    }
    guard let attribution = explainer.attributions.first(where: { $0.name == map.attribution }),
      let view = explainer.views.first(where: { $0.name == map.view })
    else { preconditionFailure("a map without its attribution") }
    let maps = try await Explainer(
      explainer.classifier, attributions: [attribution], views: [view], rivals: explainer.rivals,
      memory: explainer.memory
    ).explainConcurrently(
      ClassificationReport.batch(batch, of: images, for: explainer.classifier), indices: Array(batch))
    return maps.map { $0.maps[0].values.values }
  }
}
