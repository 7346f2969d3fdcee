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
  /// The processes that train together; nil: this one alone.
  let group: ProcessGroup?
  private var sums: GroupGradients?
  /// Whether one of the processes was asked to stop, as all of them know since the last step.
  private(set) var isStopping = false

  init(
    _ architecture: Architecture, _ recipe: Recipe, start: String? = nil, graph: Graph, parameters: [String: Tensor],
    means: [String: Tensor]? = nil, squares: [String: Tensor]? = nil, group: ProcessGroup? = nil
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
    self.group = group
    sums = try group.map { group in
      try GroupGradients(of: trained.compactMap { leaves[$0] }, in: group)
    }
  }

  /// Gives all processes the state of process 0, but for its history.
  func handOut() throws {
    guard let group else { return }
    for tensors in [parameters, means, squares] {
      for (_, tensor) in tensors.sorted(by: { $0.key < $1.key }) { try group.broadcast(tensor) }
    }
    let place = try group.broadcast([Double(steps), Double(epoch), Double(stepsInEpoch), lossInEpoch])
    (steps, epoch, stepsInEpoch) = (Int(place[0]), Int(place[1]), Int(place[2]))
    lossInEpoch = place[3]
  }

  /// One step on a batch; returns the mean loss of this process' images as a tensor without axes.
  ///
  /// - Parameter share: what the images are of the batch; nil: all of it.
  func step(_ images: Tensor, _ labels: Tensor, of share: BatchShare? = nil) throws -> Tensor {
    let weights = trained.compactMap { parameters[$0] }
    var interpreter = interpreter(recipe.precision)
    if let group, let sums {
      let gathered = zip(trained, try sums.gathered(weights))
      interpreter = Interpreter(
        graph: graph, parameters: parameters.merging(gathered) { $1 }, precision: recipe.precision)
      interpreter.batch = SharedBatch(group, isCounted: share.map { $0.count > 0 } ?? true)
    }
    let loss = try timed(\.forward) { try interpreter.run(images, training: true).crossEntropy(labels: labels) }
    let gradients = try timed(\.backward) {
      // The whole batch's loss is the mean over its images.
      let part = share.map { Double($0.count) / Double($0.total) } ?? 1
      let seed = try Tensor(repeating: part, shape: [], type: loss.type ?? .float32, device: images.device)
      let own = try loss.gradients(seed: seed, of: weights)
      guard let group, let sums else { return own }
      isStopping = try group.sum([Task.isCancelled ? 1 : 0])[0] > 0
      return try sums.sums().map { try $0?.to(images.device) }
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
  func timed<Result>(
    _ phase: WritableKeyPath<EpochRecord.Phases, Double>, _ body: () throws -> Result
  ) rethrows -> Result {
    let begin = ContinuousClock.now
    defer { seconds[keyPath: phase] += (ContinuousClock.now - begin) / .seconds(1) }
    return try body()
  }

  /// The network as it is now.
  func interpreter(_ precision: Precision) -> Interpreter {
    Interpreter(graph: graph, parameters: parameters, precision: precision)
  }
}
