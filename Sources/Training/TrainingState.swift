import Networks
import Rasters
import SaliencyCore
import Tensors

/// Everything that decides how training goes on: weights, the optimiser's memory, and the place in the data.
///
/// The order of the images follows from seed and epoch, so no random state has to be kept.
@TorchActor final class TrainingState {
  let architecture: Architecture
  let recipe: Recipe
  let graph: Graph
  /// All of the graph's parameters by name. Those that are trained are leaves of the gradient.
  let parameters: [String: Tensor]
  /// AdamW's running means by parameter.
  let means: [String: Tensor]
  let squares: [String: Tensor]

  /// Steps taken since the start, over all epochs.
  var steps = 0
  /// The epoch under way, counted from 0.
  var epoch = 0
  /// Steps taken in it, and the sum of the images' losses there.
  var stepsInEpoch = 0
  var lossInEpoch = 0.0
  var history: [EpochRecord] = []

  private let optimizer: AdamW
  private let trained: [String]

  init(
    _ architecture: Architecture, _ recipe: Recipe, channels: Int, classes: Int, parameters: [String: Tensor],
    means: [String: Tensor]? = nil, squares: [String: Tensor]? = nil
  ) throws {
    self.architecture = architecture
    self.recipe = recipe
    let graph = architecture.graph(channels: channels, classes: classes)
    self.graph = graph
    let trained = graph.parameters.filter(\.isTrained).map(\.name)
    self.trained = trained
    var leaves = parameters
    for name in trained { leaves[name] = try parameters[name]?.copy().variable() }
    self.parameters = leaves
    let zeros = try leaves.filter { trained.contains($0.key) }.mapValues { try $0.detached() * 0 }
    self.means = try means ?? zeros.mapValues { try $0.copy() }
    self.squares = squares ?? zeros
    optimizer = AdamW(recipe: recipe)
  }

  /// One step on a batch; returns the batch's mean loss as a tensor without axes.
  func step(_ images: Tensor, _ labels: Tensor) throws -> Tensor {
    let loss = try Interpreter(graph: graph, parameters: parameters).run(images, training: true)
      .crossEntropy(labels: labels)
    let weights = trained.compactMap { parameters[$0] }
    let one = try Tensor(repeating: 1, shape: [], type: images.type ?? .float32, device: images.device)
    let gradients = try loss.gradients(seed: one, of: weights)
    steps += 1
    stepsInEpoch += 1
    try Torch.withoutGradient {
      for (index, name) in trained.enumerated() {
        guard let gradient = gradients[index], let mean = means[name], let square = squares[name] else { continue }
        try optimizer.update(weights[index], gradient: gradient, mean: mean, square: square, step: steps)
      }
    }
    return try loss.detached()
  }

  /// The share of the images that the network in its present state classifies correctly.
  ///
  /// - Throws: `CancellationError`, before the next batch.
  func accuracy(on images: any LabelledImages, device: Device) throws -> Double {
    try Torch.withoutGradient {
      let network = Interpreter(graph: graph, parameters: parameters)
      var correct = 0
      for start in stride(from: 0, to: images.count, by: 500) {
        try Task.checkCancellation()
        let range = start..<min(start + 500, images.count)
        let predicted = try network.run(images.images(range, device: device)).max(axis: 1).indices.integers()
        correct += zip(range, predicted).count { Int(images.labels[$0]) == $1 }
      }
      return Double(correct) / Double(images.count)
    }
  }
}
