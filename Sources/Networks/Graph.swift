import Tensors

/// A network as data: operations in the order in which they run, each reading earlier results.
///
/// The weights are not part of it; ``parameters`` says which ones it needs. One interpreter runs every graph, and passes
/// such as ``Network/folded()`` make new graphs from old ones.
public struct Graph: Sendable, Equatable {
  public enum Operation: Sendable, Equatable {
    /// The image.
    case input
    /// Weights [O, C, k, k] and perhaps a bias.
    case convolution(stride: Int, padding: Int)
    case batchNorm
    case relu
    case maxPool(kernel: Int, stride: Int, padding: Int)
    /// The mean over height and width: [N, C, H, W] → [N, C].
    case globalAveragePool
    case linear
    /// The sum of two results.
    case add
  }

  public struct Node: Sendable, Equatable {
    /// The prefix of its parameters' names, empty for an operation without parameters.
    public let name: String
    public let operation: Operation
    /// The indices of the nodes whose results it reads.
    public let inputs: [Int]
    /// How many channels its result has.
    public let channels: Int
  }

  /// A tensor of weights that the graph needs.
  public struct Parameter: Sendable, Equatable {
    public enum Role: Sendable, Equatable {
      case convolutionWeight, linearWeight, bias
      /// Of batch normalisation: the factor and the summand.
      case scale, shift
      /// Of batch normalisation; not trained but gathered.
      case runningMean, runningVariance
    }

    public let name: String
    public let shape: [Int]
    public let role: Role
    /// How many inputs each output of the layer sums over.
    public let fanIn: Int

    /// Whether training changes it by its gradient.
    public var isTrained: Bool { role != .runningMean && role != .runningVariance }
  }

  /// In the order in which they run; the last one's result is the logits.
  public private(set) var nodes: [Node]
  public private(set) var parameters: [Parameter] = []

  public init(channels: Int) {
    nodes = [Node(name: "", operation: .input, inputs: [], channels: channels)]
  }

  /// The image's channels.
  public var inputChannels: Int { nodes[0].channels }
  /// The number of logits.
  public var classCount: Int { nodes[nodes.count - 1].channels }
  /// The node that was added last.
  public var last: Int { nodes.count - 1 }

  // Building. Each function appends a node that reads `source`, by default the last node, and returns its index.

  @discardableResult public mutating func convolution(
    _ name: String, from source: Int? = nil, channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    bias: Bool = true
  ) -> Int {
    let inputs = nodes[source ?? last].channels
    let fanIn = inputs * kernel * kernel
    declare(name, "weight", [channels, inputs, kernel, kernel], .convolutionWeight, fanIn)
    if bias { declare(name, "bias", [channels], .bias, fanIn) }
    return append(name, .convolution(stride: stride, padding: padding), [source ?? last], channels)
  }

  @discardableResult public mutating func batchNorm(_ name: String, from source: Int? = nil) -> Int {
    let channels = nodes[source ?? last].channels
    declare(name, "weight", [channels], .scale, channels)
    declare(name, "bias", [channels], .shift, channels)
    declare(name, "running_mean", [channels], .runningMean, channels)
    declare(name, "running_var", [channels], .runningVariance, channels)
    return append(name, .batchNorm, [source ?? last], channels)
  }

  @discardableResult public mutating func relu() -> Int { append("", .relu, [last], nodes[last].channels) }

  @discardableResult public mutating func maxPool(kernel: Int, stride: Int, padding: Int) -> Int {
    append("", .maxPool(kernel: kernel, stride: stride, padding: padding), [last], nodes[last].channels)
  }

  @discardableResult public mutating func globalAveragePool() -> Int {
    append("", .globalAveragePool, [last], nodes[last].channels)
  }

  @discardableResult public mutating func linear(_ name: String, channels: Int) -> Int {
    let inputs = nodes[last].channels
    declare(name, "weight", [channels, inputs], .linearWeight, inputs)
    declare(name, "bias", [channels], .bias, inputs)
    return append(name, .linear, [last], channels)
  }

  @discardableResult public mutating func add(_ a: Int, _ b: Int) -> Int {
    append("", .add, [a, b], nodes[a].channels)
  }

  private mutating func declare(
    _ name: String, _ part: String, _ shape: [Int], _ role: Parameter.Role, _ fanIn: Int
  ) {
    parameters.append(Parameter(name: "\(name).\(part)", shape: shape, role: role, fanIn: fanIn))
  }

  private mutating func append(_ name: String, _ operation: Operation, _ inputs: [Int], _ channels: Int) -> Int {
    append(Node(name: name, operation: operation, inputs: inputs, channels: channels), reading: inputs, [])
  }

  /// Appends a node of another graph, which is to read `inputs` here, with the parameters that it needs.
  mutating func append(_ node: Node, reading inputs: [Int], _ parameters: [Parameter]) -> Int {
    nodes.append(Node(name: node.name, operation: node.operation, inputs: inputs, channels: node.channels))
    self.parameters += parameters
    return last
  }

  /// The same network with every ReLU that alone reads a max pooling moved before it, as architectures are published.
  ///
  /// The order changes neither values nor gradients, but what other rules of flowing back give.
  func reluBeforePooling() -> Graph {
    var result = self
    let lastUses = lastUses
    for (index, node) in nodes.enumerated().dropLast() {
      guard case .maxPool = node.operation, nodes[index + 1].operation == .relu, nodes[index + 1].inputs == [index],
        lastUses[index] == index + 1
      else { continue }
      result.nodes[index] = Node(name: "", operation: .relu, inputs: node.inputs, channels: node.channels)
      result.nodes[index + 1] = Node(name: "", operation: node.operation, inputs: [index], channels: node.channels)
    }
    return result
  }

  /// The parameters that belong to a node.
  func parameters(of node: Node) -> [Parameter] {
    parameters.filter { !node.name.isEmpty && $0.name.hasPrefix("\(node.name).") }
  }
}

extension Graph {
  /// The number of scalars in all results of one image [C, H, W]: what recording its gradient keeps in memory.
  public func activationCount(height: Int, width: Int) -> Int {
    struct Size {
      var height: Int
      var width: Int
      func reduced(kernel: Int, stride: Int, padding: Int) -> Size {
        Size(
          height: (height + 2 * padding - kernel) / stride + 1, width: (width + 2 * padding - kernel) / stride + 1)
      }
    }
    var sizes: [Size] = []
    var total = 0
    for node in nodes {
      var size = node.inputs.first.map { sizes[$0] } ?? Size(height: height, width: width)
      switch node.operation {
      case .convolution(let stride, let padding):
        let kernel = parameters(of: node).first?.shape[2] ?? 1
        size = size.reduced(kernel: kernel, stride: stride, padding: padding)
      case .maxPool(let kernel, let stride, let padding):
        size = size.reduced(kernel: kernel, stride: stride, padding: padding)
      case .globalAveragePool, .linear: size = Size(height: 1, width: 1)
      case .input, .batchNorm, .relu, .add: break
      }
      sizes.append(size)
      total += size.height * size.width * node.channels
    }
    return total
  }
}
