import Foundation
import Networks
import Tensors

/// The answers of a deletion benchmark that is under way: `blocks/000012.safetensors` and so on.
package struct DeletionBlocks: Sendable {
  package static let name = "blocks"

  let folder: URL

  private var blockFolder: URL { folder.appending(path: Self.name, directoryHint: .isDirectory) }

  private func file(_ index: Int) -> URL {
    blockFolder.appending(path: String(format: "%06d.safetensors", index), directoryHint: .notDirectory)
  }

  @TorchActor func write(_ block: DeletionBlock, _ index: Int, _ setup: DeletionSetup) throws {
    func column<Element: TensorElement>(_ values: [Element]) throws -> Tensor {
      try Tensor(values, shape: [values.count])
    }
    var tensors = try [
      "labels": column(block.labels), "untouched": column(block.untouched), "predicted": column(block.predicted),
      "probability": column(block.probability), "deleted": column(block.deleted),
    ]
    for (metric, curves) in zip(setup.curveMetrics ?? [], block.curves) {
      tensors[metric.kind.rawValue] = try column(curves)
    }
    try FileManager.default.createDirectory(at: blockFolder, withIntermediateDirectories: true)
    try SafeTensors(tensors: tensors).write(to: file(index))
  }

  /// Nil where it has not been computed.
  ///
  /// - Throws: `RunFolderError`.
  @TorchActor func block(_ index: Int, _ setup: DeletionSetup) throws -> DeletionBlock? {
    let file = file(index)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    let images = setup.range(of: index)
    let perImage = setup.series.count * setup.fractions.count
    func column<Element: TensorElement>(_ name: String, _ perImage: Int, in tensors: [String: Tensor]) throws
      -> [Element]
    {
      guard let tensor = tensors[name], tensor.type == Element.elementType, tensor.shape == [images.count * perImage]
      else { throw RunFolderError.damaged(path: file.relativePath) }
      return try tensor.array()
    }
    let tensors: [String: Tensor]
    do { tensors = try SafeTensors(contentsOf: file).tensors } catch is ModelFileError {
      throw RunFolderError.damaged(path: file.relativePath)
    }
    return DeletionBlock(
      images: images, labels: try column("labels", 1, in: tensors), untouched: try column("untouched", 1, in: tensors),
      predicted: try column("predicted", setup.replacements.count * perImage, in: tensors),
      probability: try column("probability", setup.replacements.count * perImage, in: tensors),
      deleted: try column("deleted", setup.replacements.isEmpty ? 0 : perImage, in: tensors),
      curves: try (setup.curveMetrics ?? []).map {
        try column($0.kind.rawValue, setup.series(of: $0).count * $0.counts(of: setup.pixels).count, in: tensors)
      })
  }
}
