import Tensors

/// A network as data: operators of libtorch in the order in which they run, each reading earlier results.
///
/// Built-in networks and those of files are such graphs alike. The weights are not part of it; ``parameters`` says which ones
/// it needs. One interpreter runs every graph through libtorch's dispatcher, and passes such as ``Network/folded()`` make new
/// graphs from old ones. Passes and gradient rules act on the operators that they know; all others run as they are.
public struct Graph: Sendable, Equatable {
  /// A result of a node: most operators have one.
  public struct Place: Sendable, Hashable {
    public let node: Int
    public let output: Int

    public init(_ node: Int, output: Int = 0) {
      self.node = node
      self.output = output
    }
  }

  /// A whole number, or one that grows with the number of images: constant + perImage · N.
  public struct Size: Sendable, Hashable, ExpressibleByIntegerLiteral {
    public let constant: Int
    public let perImage: Int

    public init(_ constant: Int, perImage: Int = 0) {
      self.constant = constant
      self.perImage = perImage
    }

    public init(integerLiteral value: Int) { self.init(value) }

    /// The number for a batch of so many images.
    public func value(images: Int) -> Int { constant &+ perImage &* images }
  }

  /// What an operator is given.
  public indirect enum Value: Sendable, Equatable {
    case none
    case result(Place)
    /// A tensor of weights, or another that does not depend on the image, by its name.
    case parameter(String)
    /// A list of results and parameters, in which places may be left open.
    case tensors([Value])
    case int(Size)
    case double(Double)
    case bool(Bool)
    case string(String)
    case ints([Size])
    case doubles([Double])
    case bools([Bool])
  }

  /// A call of an operator; the first node of a graph, with an empty name, is the image.
  public struct Node: Sendable, Equatable {
    public struct Argument: Sendable, Equatable {
      public let name: String
      public let value: Value
    }

    /// libtorch's name, such as `aten::conv2d`.
    public let operation: String
    /// Which operator of that name, such as `Tensor` of `aten::add`; often empty.
    public let overload: String
    public let arguments: [Argument]

    init(_ operation: String, _ overload: String = "", _ arguments: [(String, Value)] = []) {
      self.operation = operation
      self.overload = overload
      self.arguments = arguments.map { Argument(name: $0.0, value: $0.1) }
    }
  }

  /// A tensor that the graph needs: its weights, and what else does not depend on the image.
  public struct Parameter: Sendable, Equatable {
    public enum Role: Sendable, Equatable {
      case convolutionWeight, linearWeight, bias
      /// Of batch and layer normalisation: the factor and the summand.
      case scale, shift
      /// What a transformer adds to the tokens of every place.
      case position
      /// Of batch normalisation; not trained but gathered.
      case runningMean, runningVariance
      /// Of an imported network, with another use or none that is known.
      case other
    }

    public let name: String
    public let shape: [Int]
    public let role: Role
    /// How many inputs each output of the layer sums over; 0 where it is not known.
    public let fanIn: Int

    /// Whether training changes it by its gradient.
    package var isTrained: Bool { role != .runningMean && role != .runningVariance && role != .other }
  }

  /// The image's channels.
  public let inputChannels: Int
  /// In the order in which they run.
  public private(set) var nodes: [Node] = [Node("")]
  public private(set) var parameters: [Parameter] = []
  /// What the graph answers: in a classifier, the logits.
  public internal(set) var answer = Place(0)
  private var declared: [String: Int] = [:]

  /// A graph that hands the image through.
  public init(channels: Int) { inputChannels = channels }

  /// The node that was added last.
  public var last: Int { nodes.count - 1 }

  /// The number of logits.
  public var classCount: Int { width(of: answer.node) }

  /// How many channels or features a node's result has, as far as weights tell.
  func width(of index: Int) -> Int {
    let node = nodes[index]
    if let weight = (node.convolution?.weight ?? node.linear?.weight).flatMap(parameter) { return weight.shape[0] }
    guard let source = node.places.first else { return inputChannels }
    return width(of: source.node)
  }

  /// The parameter of that name, if the graph declares it.
  public func parameter(_ name: String) -> Parameter? { declared[name].map { parameters[$0] } }

  /// The parameters that a node reads.
  public func parameters(of node: Node) -> [Parameter] { node.parameterNames.compactMap(parameter) }

  /// Says what a parameter is; what is said first counts.
  mutating func declare(_ parameter: Parameter) {
    guard declared[parameter.name] == nil else { return }
    declared[parameter.name] = parameters.count
    parameters.append(parameter)
  }

  /// Appends a node, whose result becomes the answer.
  @discardableResult mutating func append(_ node: Node) -> Place {
    nodes.append(node)
    answer = Place(last)
    return answer
  }
}

extension Graph {
  /// A new graph, made node by node: its results are renamed where earlier nodes have gone or have been added.
  ///
  /// - Parameter step: appends to the new graph what takes the place of a node, whose arguments are renamed already, and
  ///   returns the place of its result; nil to append the node as it is.
  func rewritten(_ step: (_ index: Int, _ node: Node, _ result: inout Graph) throws -> Place?) rethrows -> Graph {
    var result = Graph(channels: inputChannels)
    var moved = [Place(0)]
    // The other results of a node that was replaced have gone.
    var isKept = [true]
    func renamed(_ place: Place) -> Place {
      isKept[place.node] ? Place(moved[place.node].node, output: place.output) : moved[place.node]
    }
    for (index, node) in nodes.enumerated().dropFirst() {
      let node = node.renaming(renamed)
      let replacement = try step(index, node, &result)
      for parameter in parameters(of: node) where replacement == nil { result.declare(parameter) }
      moved.append(replacement ?? result.append(node))
      isKept.append(replacement == nil)
    }
    result.answer = renamed(answer)
    return result
  }

  /// The same graph without what does not lead to the answer.
  func pruned() -> Graph {
    var needed = [Bool](repeating: false, count: nodes.count)
    needed[answer.node] = true
    for index in nodes.indices.reversed() where needed[index] {
      for place in nodes[index].places { needed[place.node] = true }
    }
    if needed.dropFirst().allSatisfy(\.self) { return self }
    return rewritten { index, _, _ in needed[index] ? nil : Place(0) }
  }

  /// The graph up to a result.
  func cut(at place: Place) -> Graph {
    var result = self
    result.answer = place
    return result.pruned()
  }

  /// The nodes that read each node's results, and how often in all each is read; the answer counts as read once.
  var readers: [[Int]] {
    var result = [[Int]](repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for place in node.places { result[place.node].append(index) }
    }
    result[answer.node].append(nodes.count)
    return result
  }
}

extension Graph.Node {
  public func argument(_ name: String) -> Graph.Value? { arguments.first { $0.name == name }?.value }

  /// The results that it reads, in the order of its arguments.
  public var places: [Graph.Place] { arguments.flatMap(\.value.places) }

  var parameterNames: [String] { arguments.flatMap(\.value.parameterNames) }

  func renaming(_ rename: (Graph.Place) -> Graph.Place) -> Graph.Node {
    Graph.Node(operation, overload, arguments.map { ($0.name, $0.value.renaming(rename)) })
  }

  /// The same call with another value for one of its arguments.
  func replacing(_ name: String, with value: Graph.Value) -> Graph.Node {
    Graph.Node(
      operation, overload,
      arguments.map { ($0.name, $0.name == name ? value : $0.value) }
        + (argument(name) == nil ? [(name, value)] : []))
  }
}

extension Graph.Value {
  /// Itself, or the values of a list.
  private var leaves: [Graph.Value] { if case .tensors(let values) = self { values.flatMap(\.leaves) } else { [self] } }

  var places: [Graph.Place] { leaves.compactMap { if case .result(let place) = $0 { place } else { nil } } }

  var parameterNames: [String] { leaves.compactMap { if case .parameter(let name) = $0 { name } else { nil } } }

  fileprivate func renaming(_ rename: (Graph.Place) -> Graph.Place) -> Graph.Value {
    switch self {
    case .result(let place): .result(rename(place))
    case .tensors(let values): .tensors(values.map { $0.renaming(rename) })
    default: self
    }
  }
}
