import Foundation
import Maps
import Networks
import Rasters
import Tensors

/// A training's state as a safetensors file: the weights under their names, AdamW's memory under `mean.` and `square.`,
/// and the place in the data in the metadata.
enum Checkpoint {
  private struct Position: Codable {
    let architecture: Architecture
    let recipe: Recipe
    let start: String?
    let images: Int
    /// What the images are, by content; nil in files of earlier versions.
    let data: String?
    let steps: Int
    let epoch: Int
    let stepsInEpoch: Int
    let lossInEpoch: Double
    let history: [EpochRecord]
    /// How many processes trained together; nil: one.
    let processes: Int?
  }

  @TorchActor static func write(_ state: TrainingState, images: Int, data: String?, to url: URL) throws {
    let position = Position(
      architecture: state.architecture, recipe: state.recipe, start: state.start, images: images, data: data,
      steps: state.steps, epoch: state.epoch, stepsInEpoch: state.stepsInEpoch, lossInEpoch: state.lossInEpoch,
      history: state.history, processes: state.group?.count)
    var tensors = state.parameters
    for (name, tensor) in state.means { tensors["mean.\(name)"] = tensor }
    for (name, tensor) in state.squares { tensors["square.\(name)"] = tensor }
    let text = String(decoding: try JSONEncoder().encode(position), as: UTF8.self)
    try SafeTensors(tensors: tensors, metadata: ["position": text]).write(to: url)
  }

  /// - Parameter data: what the images are, by content; nil: it is not compared.
  /// - Returns: the state, whether the file says that it is of the same data (files of earlier versions say nothing), and how many
  ///   processes trained before.
  /// - Throws: ``TrainingError`` when the file is damaged or is of another architecture, recipe or data set. The number of
  ///   epochs may differ, so that a finished training can be continued.
  @TorchActor static func read(
    _ url: URL, _ architecture: Architecture, _ recipe: Recipe, _ images: any LabelledImages, data: String?,
    device: Device, group: ProcessGroup? = nil
  ) throws -> (state: TrainingState, isOfSameData: Bool, processes: Int) {
    let file: SafeTensors
    do { file = try SafeTensors(contentsOf: url) } catch let error as ModelFileError {
      throw TrainingError.damagedCheckpoint(error.localizedDescription)
    }
    guard
      let position = file.metadata["position"].flatMap({
        try? JSONDecoder().decode(Position.self, from: Data($0.utf8))
      })
    else { throw TrainingError.damagedCheckpoint("it does not say how far the training was") }
    var same = position.recipe
    same.epochs = recipe.epochs
    guard position.architecture == architecture else {
      throw TrainingError.checkpointOf("its architecture is \(position.architecture.rawValue)")
    }
    guard same == recipe else { throw TrainingError.checkpointOf("its recipe is \(position.recipe.summary)") }
    guard position.images == images.count else { throw TrainingError.checkpointOf("it had \(position.images) images") }
    guard data == nil || position.data == nil || position.data == data else {
      throw TrainingError.checkpointOf("its images or their classes were others")
    }

    func part(_ prefix: String, _ parameters: [Graph.Parameter]) throws -> [String: Tensor] {
      var result: [String: Tensor] = [:]
      for parameter in parameters {
        guard let tensor = file.tensors[prefix + parameter.name], tensor.shape == parameter.shape else {
          throw TrainingError.damagedCheckpoint("“\(prefix + parameter.name)” is missing or has another shape")
        }
        result[parameter.name] = try tensor.to(device)
      }
      return result
    }
    let graph = architecture.graph(for: images)
    let parameters = graph.parameters
    let trained = parameters.filter(\.isTrained)
    let state = try TrainingState(
      architecture, recipe, start: position.start, graph: graph, parameters: part("", parameters),
      means: part("mean.", trained), squares: part("square.", trained), group: group)
    state.steps = position.steps
    state.epoch = position.epoch
    state.stepsInEpoch = position.stepsInEpoch
    state.lossInEpoch = position.lossInEpoch
    state.history = position.history
    return (state, data != nil && position.data == data, position.processes ?? 1)
  }
}
