import Files
import Foundation
import Maps
import Networks
import Rasters
import Tensors

/// Trains a built-in network, interruptibly.
public struct Trainer: Sendable {
  /// What a training reports while it runs.
  public enum Event: Sendable {
    /// It goes on from a checkpoint after the whole epochs in `history` and that part of another. Checkpoints of earlier versions
    /// do not say whether they are `ofSameData`.
    case resumed(history: [EpochRecord], fraction: Double, ofSameData: Bool)
    /// The checkpoint is of so many processes that trained together, and now there are others: what follows is the same up to
    /// rounding, but not bit by bit.
    case otherProcesses(Int)
    /// Some more steps have been taken. `loss` is the epoch's mean so far.
    case step(epoch: Int, done: Int, of: Int, loss: Double)
    /// An epoch is done, and its state will be kept next; `history` holds all epochs' records, this one's last. `network` makes the
    /// network as it is now.
    case epoch(EpochRecord, history: [EpochRecord], network: @TorchActor () throws -> Network)
  }

  private let architecture: Architecture
  private let recipe: Recipe
  private let train: any LabelledImages
  private let test: any LabelledImages
  /// What the model file is to say of the data, e.g. `CIFAR-10 (JPEG re-encoding)`.
  private let dataset: String
  /// What the images are, by content, so that a checkpoint of others is refused; nil: only their number is compared.
  private let data: String?
  /// Where the state is kept after every epoch and when the training is interrupted.
  public let checkpoint: URL
  /// The weights to begin with; nil: random ones.
  private let start: Network?
  /// To what type the weights of convolutions and of linear layers are rounded at the end.
  private let weightType: ElementType
  private let device: Device

  /// - Throws: ``TrainingError/differentClasses`` when the two parts do not belong together,
  ///   ``TrainingError/differentStart(_:)`` when `start` is another kind of network.
  public init(
    _ architecture: Architecture, recipe: Recipe = Recipe(), train: any LabelledImages, test: any LabelledImages,
    dataset: String, data: String? = nil, checkpoint: URL, start: Network? = nil, weightType: ElementType = .float32,
    device: Device = .cpu
  ) throws {
    guard train.classNames == test.classNames, train.channels == test.channels, train.height == test.height,
      train.width == test.width
    else { throw TrainingError.differentClasses }
    if let start { try Self.check(start.information, architecture, train) }
    self.architecture = architecture
    self.recipe = recipe
    self.train = train
    self.test = test
    self.dataset = dataset
    self.data = data
    self.checkpoint = checkpoint
    self.start = start
    self.weightType = weightType
    self.device = device
  }

  /// Whether a training fits into memory: the program; the weights with the network they began as, their gradients, AdamW's two means,
  /// and as much again when a checkpoint is written; what the images of a step keep for the backward pass.
  ///
  /// - Parameter memory: for the program as a whole, but for data sets that are in memory, in bytes.
  /// - Throws: ``TrainingError/tooLittleMemory(batch:needed:given:)``.
  package static func check(
    _ memory: Int, _ architecture: Architecture, _ recipe: Recipe, _ images: any LabelledImages
  ) throws {
    let graph = architecture.graph(for: images)
    let weights = graph.parameters.reduce(0) { $0 + 4 * $1.shape.reduce(1, *) }
    let perImage = 2 * 4 * graph.activationCount(height: images.height, width: images.width)
    let batch = min(recipe.batchSize, images.count)
    let needed = ProcessMemory.program + 8 * weights + batch * perImage
    guard memory >= needed else { throw TrainingError.tooLittleMemory(batch: batch, needed: needed, given: memory) }
  }

  private static func check(
    _ start: ModelInformation, _ architecture: Architecture, _ images: any LabelledImages
  ) throws {
    guard start.architecture == architecture else {
      throw TrainingError.differentStart("its architecture is \(start.architecture.rawValue)")
    }
    guard start.labels == LabelSet(images.classNames) else {
      throw TrainingError.differentStart("its classes are others")
    }
    guard start.preprocessing.channels == images.channels else {
      throw TrainingError.differentStart("it takes \(start.preprocessing.channels) channels")
    }
    guard start.graph.parameters == architecture.graph(for: images).parameters else {
      let size = "\(start.preprocessing.height)×\(start.preprocessing.width)"
      throw TrainingError.differentStart("its weights are for images of \(size) pixels")
    }
  }

  /// Trains, and reports on the way. Cancelling the task stops it after the step under way; the state is on disk when this
  /// function returns or throws.
  ///
  /// Where several processes train together, each calls this with equal settings. Each computes its slice of every batch, and the
  /// weights, the loss and the accuracy are what one process would get, up to rounding. Only process 0 reads and writes the
  /// checkpoint and reports. Cancelling one stops all.
  ///
  /// - Parameters:
  ///   - group: the processes that train together; nil: this one alone.
  ///   - resume: go on from the checkpoint if there is one; otherwise start anew and overwrite it.
  ///   - stepsPerReport: steps between two looks at the loss; each look waits for the device.
  /// - Throws: `CancellationError`; ``TrainingError``; `TorchError`; Foundation's errors when the checkpoint cannot be
  ///   written.
  @TorchActor public func run(
    in group: ProcessGroup? = nil, resume: Bool = false, stepsPerReport: Int = 10,
    report tell: @TorchActor (Event) throws -> Void
  ) async throws -> Network {
    let state: TrainingState
    let leads = (group?.rank ?? 0) == 0
    func report(_ event: Event) throws { if leads { try tell(event) } }
    if leads && resume && checkpoint.exists {
      let found = try Checkpoint.read(checkpoint, architecture, recipe, train, data: data, device: device, group: group)
      state = found.state
      if found.processes != group?.count ?? 1 { try report(.otherProcesses(found.processes)) }
      try report(
        .resumed(
          history: state.history,
          fraction: Double(state.stepsInEpoch * recipe.batchSize) / Double(train.count),
          ofSameData: found.isOfSameData))
    } else {
      let graph = architecture.graph(for: train)
      let parameters = try start?.parameters ?? architecture.initialParameters(of: graph, seed: recipe.seed)
      state = try TrainingState(
        architecture, recipe, start: start?.information.origin.summary, graph: graph,
        parameters: parameters.mapValues { try $0.to(device).copy() }, group: group)
    }
    try state.handOut()
    do {
      while state.epoch < recipe.epochs { try runEpoch(state, stepsPerReport: stepsPerReport, report: report) }
    } catch let error as CancellationError {
      if leads { try Checkpoint.write(state, images: train.count, data: data, to: checkpoint) }
      throw error
    }
    return try network(state)
  }

  @TorchActor private func runEpoch(
    _ state: TrainingState, stepsPerReport: Int, report: @TorchActor (Event) throws -> Void
  ) throws {
    let order = try Tensor.permutation(train.count, using: epochGenerator(state.epoch)).integers()
    let batches = order.batches(of: recipe.batchSize).map { BatchShare($0, in: state.group) }
    let begin = ContinuousClock.now
    let firstStep = state.stepsInEpoch
    let feed = BatchFeed(train, batches.map(\.images), first: firstStep)
    var pending: [(loss: Tensor, images: Int)] = []
    for (index, batch) in batches.enumerated().dropFirst(firstStep) {
      if state.group == nil ? Task.isCancelled : state.isStopping {
        try collect(&pending, state)
        throw CancellationError()
      }
      let (images, labels) = try state.timed(\.batches) {
        (try feed.images(index, device: device), try train.labels(batch.images, device: device))
      }
      let loss = try state.step(images, labels, of: batch)
      pending.append((loss, batch.count))
      if pending.count == stepsPerReport || index == batches.count - 1 {
        try collect(&pending, state)
        let seen = min((index + 1) * recipe.batchSize, order.count)
        try report(
          .step(
            epoch: state.epoch + 1, done: index + 1, of: batches.count, loss: state.lossInEpoch / Double(seen)))
      }
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    let images = max(0, order.count - firstStep * recipe.batchSize)
    let record = EpochRecord(
      epoch: state.epoch + 1, loss: state.lossInEpoch / Double(order.count),
      accuracy: try state.interpreter(recipe.precision).accuracy(on: test, device: device, in: state.group),
      imagesPerSecond: Double(images) / seconds, seconds: state.seconds)
    state.history.append(record)
    state.epoch += 1
    state.stepsInEpoch = 0
    state.lossInEpoch = 0
    state.seconds = EpochRecord.Phases()
    guard state.group?.rank ?? 0 == 0 else { return }
    try report(.epoch(record, history: state.history, network: { try network(state, alone: true) }))
    try Checkpoint.write(state, images: train.count, data: data, to: checkpoint)
  }

  /// Adds the losses of the last steps, of all processes' images, to the epoch's.
  @TorchActor private func collect(_ pending: inout [(loss: Tensor, images: Int)], _ state: TrainingState) throws {
    let own = try pending.map { try $0.loss.doubles()[0] * Double($0.images) }
    for (offset, sum) in try (state.group?.sum(own) ?? own).enumerated() {
      guard sum.isFinite else {
        throw TrainingError.loss(step: state.stepsInEpoch - pending.count + offset + 1, epoch: state.epoch + 1)
      }
      state.lossInEpoch += sum
    }
    pending.removeAll()
  }

  /// The order of an epoch's images depends on the seed and the epoch alone.
  @TorchActor private func epochGenerator(_ epoch: Int) throws -> Generator {
    try Generator(seed: recipe.seed &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(epoch) &+ 1)
  }

  /// - Parameter alone: the other processes do not call this.
  @TorchActor private func network(_ state: TrainingState, alone: Bool = false) throws -> Network {
    let recipe = [recipe.summary, state.start.map { "the first weights were \($0)" }].compactMap(\.self)
    var information = ModelInformation(
      architecture: architecture, labels: LabelSet(train.classNames),
      preprocessing: Preprocessing(height: train.height, width: train.width, channels: train.channels),
      origin: .init(
        dataset: dataset, recipe: recipe.joined(separator: "; "), epochs: state.epoch, seed: self.recipe.seed,
        accuracy: state.history.last?.accuracy, date: Date.now.formatted(.iso8601.year().month().day())))
    let parameters = try state.parameters.mapValues { try $0.detached() }
    let rounded = try Network.rounded(parameters, of: state.graph, to: weightType)
    // What the file says must be true of the weights in it, computed as they will be used.
    if weightType != .float32 || self.recipe.precision != .full {
      information.origin.accuracy = try Interpreter(graph: state.graph, parameters: rounded)
        .accuracy(on: test, device: device, in: alone ? nil : state.group)
    }
    return try Network(information, parameters: rounded, device: .cpu)
  }
}

extension Architecture {
  /// The network for images like these.
  func graph(for images: any LabelledImages) -> Graph {
    graph(channels: images.channels, classes: images.classNames.count, height: images.height, width: images.width)
  }
}
