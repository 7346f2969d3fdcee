import Maps
import Tensors

/// Runs a graph with weights.
@TorchActor public struct Interpreter {
  /// The network as it was published, which rules of flowing back are about.
  let graph: Graph
  /// The same with less work.
  let fastGraph: Graph
  /// The weights by name, on one device.
  let parameters: [String: Tensor]
  let precision: Precision
  /// Where a training's batch is spread over several processes: its statistics are those of all of it.
  package var batch: SharedBatch?
  /// Only where the weights do not change.
  private let prepared: PreparedWeights?
  private let schedule: Schedule
  private let ruleSchedule: Schedule

  public init(graph: Graph, parameters: [String: Tensor], precision: Precision = .full) {
    self.init(graph: graph, parameters: parameters, precision: precision, prepared: nil)
  }

  init(graph: Graph, parameters: [String: Tensor], precision: Precision = .full, prepared: PreparedWeights?) {
    self.graph = graph
    self.parameters = parameters
    self.precision = precision
    self.prepared = prepared
    fastGraph = graph.poolingFirst()
    schedule = Schedule(fastGraph)
    ruleSchedule = fastGraph == graph ? schedule : Schedule(graph)
  }

  /// torchvision's and PyTorch's default for batch normalisation.
  static nonisolated let batchNormMomentum = 0.1

  /// The logits [N, K] of images [N, C, H, W].
  ///
  /// - Parameter training: batch normalisation goes by the batch's statistics and updates the running ones.
  public func run(_ images: Tensor, training: Bool = false) throws -> Tensor {
    try evaluateFast(images, training: training, until: fastGraph.answer)
  }

  private func evaluateFast(_ images: Tensor, training: Bool = false, until answer: Graph.Place) throws -> Tensor {
    try Self.evaluate(fastGraph, schedule, [images], until: answer) { index, node, results in
      // Where no gradient will ask for it, a result that is read for the last time makes room for the next one.
      let canOverwrite =
        schedule.canOverwrite[index] && !results.tensors(of: node).contains(where: \.requiresGradient)
      return try self.results(
        of: node, results.tensor, images: images.shape[0], training: training, canOverwrite: canOverwrite)
    }
  }

  /// What goes into the linear layer that the graph ends in.
  package func features(_ images: Tensor) throws -> Tensor {
    guard let place = fastGraph.nodes[fastGraph.answer.node].linear?.input else {
      preconditionFailure("a network without a linear layer at its end has no features")
    }
    return try evaluateFast(images, until: place)
  }

  /// The answer of the published graph, given what stands for the image and how a node's results follow from those that it reads.
  func evaluate<Result>(
    _ input: Result, _ step: (Graph.Node, Results<Result>) throws -> [Result?]
  ) throws -> Result {
    try Self.evaluate(graph, ruleSchedule, [input], until: graph.answer) { try step($1, $2) }
  }

  private static func evaluate<Result>(
    _ graph: Graph, _ schedule: Schedule, _ input: [Result], until answer: Graph.Place,
    _ step: (_ index: Int, Graph.Node, Results<Result>) throws -> [Result?]
  ) throws -> Result {
    var results = Results<Result>(values: Array(repeating: [], count: graph.nodes.count))
    results.values[0] = input
    for (index, node) in graph.nodes.enumerated().dropFirst() {
      results.values[index] = try step(index, node, results)
      if index == answer.node { break }
      // What no later node reads is let go, so that inference holds a few results and not all.
      for node in schedule.released[index] { results.values[node] = [] }
    }
    return results.tensor(answer)
  }

  func results(
    of node: Graph.Node, _ result: (Graph.Place) -> Tensor, images: Int, training: Bool = false,
    canOverwrite: Bool = false
  ) throws -> [Tensor?] {
    if let convolution = node.convolution {
      return [try self.convolution(convolution, result(convolution.input))]
    }
    if training, let batch, let call = node.batchNorm { return [try batchNorm(call, result(call.input), in: batch)] }
    if canOverwrite, let place = node.places.first {
      let target = result(place)
      if node.isReLU {
        try target.reluInPlace()
        return [target]
      }
      if node.isSum {
        let other = result(node.places[1])
        if target.shape == other.shape, target.type == other.type {
          try target.addInPlace(other)
          return [target]
        }
      }
    }
    let isKnown = node.isReLU || node.isMaxPool || node.isSum || node.operation == "aten::batch_norm"
    return try Operator(node.operation, overload: node.overload)(
      node.arguments.map { argument in
        if training, argument.name == "training" { return (argument.name, .bool(true)) }
        let value = try self.argument(argument.value, result, images: images)
        return (argument.name, precision == .full || isKnown ? value : try value.inFullPrecision())
      })
  }

  private func argument(
    _ value: Graph.Value, _ result: (Graph.Place) -> Tensor, images: Int
  ) throws -> Operator.Argument {
    switch value {
    case .none: .none
    case .result(let place): .tensor(result(place))
    case .parameter(let name): .tensor(try parameter(name))
    case .tensors(let values):
      .tensors(
        try values.map { value in
          if case .tensor(let tensor) = try argument(value, result, images: images) { tensor } else { nil }
        })
    case .int(let size): .int(size.value(images: images))
    case .double(let number): .double(number)
    case .bool(let truth): .bool(truth)
    case .string(let string): .string(string)
    case .ints(let sizes): .ints(sizes.map { $0.value(images: images) })
    case .doubles(let numbers): .doubles(numbers)
    case .bools(let truths): .bools(truths)
    }
  }

  func parameter(_ name: String) throws -> Tensor {
    guard let tensor = parameters[name] else { throw ModelFileError.missingParameter(name) }
    return tensor
  }

  private func batchNorm(_ call: Graph.BatchNorm, _ input: Tensor, in batch: SharedBatch) throws -> Tensor {
    guard let weight = call.weight, let bias = call.bias else {
      preconditionFailure("a built-in network normalises with weights")
    }
    return try input.batchNormalized(
      in: batch.group, isCounted: batch.isCounted, weight: parameter(weight), bias: parameter(bias),
      runningMean: parameter(call.mean), runningVariance: parameter(call.variance),
      momentum: Self.batchNormMomentum, epsilon: call.epsilon)
  }

  private func convolution(_ call: Graph.Convolution, _ input: Tensor) throws -> Tensor {
    let weight = try parameter(call.weight)
    let bias = try call.bias.map(parameter)
    if let plane = WholePlane(input.shape, kernel: weight.shape, call) {
      func typed(_ tensor: Tensor) throws -> Tensor { precision == .full ? tensor : try tensor.to(.bfloat16) }
      func linear() throws -> (weight: Tensor, bias: Tensor?) {
        try (typed(plane.weight(weight)), bias.map { try typed(plane.bias($0)) })
      }
      let key = "\(call.weight) \(plane.height)×\(plane.width)"
      let (weight, bias) = try prepared?.prepared(key, linear) ?? linear()
      return try plane.run(typed(input), weight: weight, bias: bias)
    }
    // oneDNN leaves part of the weight's gradient uninitialised where the stride is longer than the image (seen in 1.13
    // and 2.15, bfloat16 only); so small a convolution costs nothing in float32.
    let isSafe = zip(input.shape.suffix(2), call.stride).allSatisfy { $0 >= $1 }
    let type: ElementType? = precision == .full ? nil : isSafe ? .bfloat16 : .float32
    func converted(_ tensor: Tensor) throws -> Tensor { try type.map { try tensor.to($0) } ?? tensor }
    func both() throws -> (weight: Tensor, bias: Tensor?) { try (converted(weight), bias.map(converted)) }
    let ready =
      try (type == nil ? nil : prepared)?.prepared("\(call.weight) \(type.map { "\($0)" } ?? "")", both) ?? both()
    return try converted(input).convolution(call, weight: ready.weight, bias: ready.bias)
  }
}

extension Tensor {
  func convolution(_ call: Graph.Convolution, weight: Tensor, bias: Tensor?) throws -> Tensor {
    try convolution(
      weight: weight, bias: bias, stride: call.stride, padding: call.padding, dilation: call.dilation,
      groups: call.groups)
  }
}

/// A batch of which this process has a part.
package struct SharedBatch {
  let group: ProcessGroup
  /// Whether this process' images are any of the batch's. A batch may have fewer images than there are processes.
  let isCounted: Bool

  package init(_ group: ProcessGroup, isCounted: Bool) {
    self.group = group
    self.isCounted = isCounted
  }
}

/// The results that are still needed while a graph runs.
struct Results<Result> {
  /// Of each node.
  fileprivate var values: [[Result?]]

  /// A result that some node reads, so that it is there: graphs are made by running them.
  func tensor(_ place: Graph.Place) -> Result {
    guard place.output < values[place.node].count, let result = values[place.node][place.output] else {
      preconditionFailure("a graph reads a result that does not exist")
    }
    return result
  }

  func tensors(of node: Graph.Node) -> [Result] { node.places.map(tensor) }
}

/// What can be let go and overwritten while a graph runs.
private struct Schedule {
  /// The nodes whose results nobody reads after this one.
  private(set) var released: [[Int]]
  /// Whether a node may write over the first result that it reads.
  private(set) var canOverwrite: [Bool]

  /// Operators whose results take memory of their own. Those of others may share it with what they read.
  private static let fresh: Set<String> = [
    "aten::conv2d", "aten::batch_norm", "aten::relu", "aten::add", "aten::max_pool2d", "aten::linear", "aten::cat",
    "aten::mul", "aten::mean",
  ]

  init(_ graph: Graph) {
    var lastUses = [Int](repeating: 0, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() {
      for place in node.places { lastUses[place.node] = index }
    }
    lastUses[graph.answer.node] = graph.nodes.count
    released = Array(repeating: [], count: graph.nodes.count)
    for (index, use) in lastUses.enumerated() where use > 0 && use < graph.nodes.count { released[use].append(index) }
    // Memory lives as long as the last of those that may share it.
    var memoryUses = lastUses
    for (index, node) in graph.nodes.enumerated().reversed() where !Self.fresh.contains(node.operation) {
      for place in node.places { memoryUses[place.node] = max(memoryUses[place.node], memoryUses[index]) }
    }
    canOverwrite = graph.nodes.enumerated().map { index, node in
      guard let first = node.places.first, node.places.dropFirst().allSatisfy({ $0 != first }) else { return false }
      return Self.fresh.contains(graph.nodes[first.node].operation) && memoryUses[first.node] == index
    }
  }
}

extension Operator.Argument {
  /// Results in bfloat16 as float32, for operators that mix them with weights.
  fileprivate func inFullPrecision() throws -> Operator.Argument {
    func full(_ tensor: Tensor) throws -> Tensor { tensor.type == .bfloat16 ? try tensor.to(.float32) : tensor }
    return switch self {
    case .tensor(let tensor): .tensor(try full(tensor))
    case .tensors(let tensors): .tensors(try tensors.map { try $0.map(full) })
    default: self
    }
  }
}
