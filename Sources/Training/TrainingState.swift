import Maps
import Networks
import Rasters
import Tensors

/// Everything that decides how training goes on: weights, the optimiser's memory, and the place in the data.
///
/// The order of the images follows from seed and epoch, so no random state has to be kept.
@TorchActor final class TrainingState {
  let architecture: Architecture
  let recipe: Recipe
  /// What the first weights were, if not random.
  let start: String?
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
  /// Since the epoch began or was gone on with.
  var seconds = EpochRecord.Phases()

  private let optimizer: AdamW
  private let trained: [String]

  init(
    _ architecture: Architecture, _ recipe: Recipe, start: String? = nil, graph: Graph, parameters: [String: Tensor],
    means: [String: Tensor]? = nil, squares: [String: Tensor]? = nil
  ) throws {
    self.architecture = architecture
    self.recipe = recipe
    self.start = start
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
    let loss = try timed(\.forward) {
      try interpreter(recipe.precision).run(images, training: true).crossEntropy(labels: labels)
    }
    let weights = trained.compactMap { parameters[$0] }
    let gradients = try timed(\.backward) {
      let one = try Tensor(repeating: 1, shape: [], type: loss.type ?? .float32, device: images.device)
      return try loss.gradients(seed: one, of: weights)
    }
    steps += 1
    stepsInEpoch += 1
    try timed(\.update) {
      try Torch.withoutGradient {
        for (index, name) in trained.enumerated() {
          guard let gradient = gradients[index], let mean = means[name], let square = squares[name] else { continue }
          try optimizer.update(weights[index], gradient: gradient, mean: mean, square: square, step: steps)
        }
      }
    }
    return try loss.detached()
  }

  /// Runs `body` and adds its time to a phase's.
  func timed<Result>(_ phase: WritableKeyPath<EpochRecord.Phases, Double>, _ body: () throws -> Result) rethrows
    -> Result
  {
    let begin = ContinuousClock.now
    defer { seconds[keyPath: phase] += (ContinuousClock.now - begin) / .seconds(1) }
    return try body()
  }

  /// The network as it is now.
  func interpreter(_ precision: Precision) -> Interpreter {
    Interpreter(graph: graph, parameters: parameters, precision: precision)
  }
}
