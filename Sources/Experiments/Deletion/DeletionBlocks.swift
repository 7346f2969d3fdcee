import Files
import Foundation
import Networks
import Tensors

/// The answers of a deletion benchmark that is under way: `blocks/000012.safetensors` and so on.
struct DeletionBlocks: Sendable {
  static let name = "blocks"

  let folder: URL

  private var blockFolder: URL { folder.appending(path: Self.name, directoryHint: .isDirectory) }

  private func file(_ index: Int) -> URL {
    blockFolder.appending(path: String(format: "%06d.safetensors", index), directoryHint: .notDirectory)
  }

  /// - Parameter seconds: what the maps of each attribution took, in seconds of one processor.
  @TorchActor func write(
    _ block: DeletionBlock, _ index: Int, _ metrics: [any Metric], seconds: [Double] = []
  ) throws {
    func column<Element: TensorElement>(_ values: [Element]) throws -> Tensor {
      try Tensor(values, shape: [values.count])
    }
    var tensors = try ["labels": column(block.labels), "untouched": column(block.untouched)]
    if !seconds.isEmpty { tensors["seconds"] = try column(seconds) }
    for (metric, answers) in zip(metrics, block.answers) {
      tensors["\(metric.name).values"] = try column(answers.values)
      tensors["\(metric.name).classes"] = try column(answers.classes)
      tensors["\(metric.name).deleted"] = try column(answers.deleted)
    }
    if let check = block.check { tensors["check"] = try column(check.numbers) }
    try FileManager.default.createDirectory(at: blockFolder, withIntermediateDirectories: true)
    try SafeTensors(tensors: tensors).write(to: file(index))
  }

  /// What the maps of each attribution took in a block, in seconds of one processor; empty where that is not known.
  @TorchActor func seconds(_ index: Int) throws -> [Double] {
    guard let tensor = try? SafeTensors(contentsOf: file(index)).tensors["seconds"], tensor.type == .float64 else {
      return []
    }
    let seconds = try tensor.doubles()
    return seconds.allSatisfy { $0 >= 0 && $0.isFinite } ? seconds : []
  }

  /// The same for an image, over all blocks, by the attribution's name; nil where it is not known of every block.
  @TorchActor func attributionSeconds(_ setup: DeletionSetup) throws -> [String: Double]? {
    let names = setup.series.filter { $0.kind == .map }.map(\.attribution).unique
    var sums = names.map { _ in 0.0 }
    for index in 0..<setup.blockCount {
      let found = try seconds(index)
      guard found.count == names.count else { return nil }
      for place in names.indices { sums[place] += found[place] }
    }
    return Dictionary(uniqueKeysWithValues: zip(names, sums.map { $0 / Double(setup.images) }))
  }

  /// Nil where it has not been computed.
  ///
  /// - Throws: `RunFolderError`.
  @TorchActor func block(_ index: Int, _ setup: DeletionSetup, _ metrics: [any Metric]) throws -> DeletionBlock? {
    let file = file(index)
    guard file.exists else { return nil }
    let images = setup.range(of: index)
    let tensors: [String: Tensor]
    do { tensors = try SafeTensors(contentsOf: file).tensors } catch is ModelFileError {
      throw RunFolderError.damaged(path: file.relativePath)
    }
    func column<Element: TensorElement>(_ name: String, _ counts: Int...) throws -> [Element] {
      guard let tensor = tensors[name], tensor.type == Element.elementType,
        counts.contains(where: { tensor.shape == [images.count * $0] })
      else { throw RunFolderError.damaged(path: file.relativePath) }
      return try tensor.array()
    }
    let check = tensors["check"].map { AnswerCheck(numbers: (try? $0.doubles()) ?? []) }
    if let check, check == nil { throw RunFolderError.damaged(path: file.relativePath) }
    return DeletionBlock(
      images: images, labels: try column("labels", 1), untouched: try column("untouched", 1),
      answers: try metrics.map { metric in
        let count = metric.series(in: setup).count * metric.fractions(in: setup).count
        return MetricAnswers(
          values: try column("\(metric.name).values", count),
          classes: try column("\(metric.name).classes", metric.keepsClasses ? count : 0),
          deleted: try column("\(metric.name).deleted", 0, count))
      }, check: check ?? nil)
  }
}
