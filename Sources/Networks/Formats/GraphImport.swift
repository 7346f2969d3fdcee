import Tensors

/// A graph made by running a network, with the tensors that do not depend on the image.
struct GraphImport {
  let graph: Graph
  let parameters: [String: Tensor]
  /// The scalars in all results for one image.
  let activations: Int

  /// Why a network cannot become a graph, as the end of a sentence that begins with “the model”.
  struct Obstacle: Error, Equatable {
    let reason: String
  }

  /// Runs a network and notes what it asks of libtorch.
  ///
  /// - Parameters:
  ///   - batches: images for which it is run. With two batches, of different sizes, the numbers that differ between the runs grow
  ///     with the number of images, and the graph takes any; with one, it takes that number alone.
  ///   - weights: names for constants.
  /// - Throws: ``Obstacle`` when the runs differ in more than sizes; `TorchError`.
  @TorchActor init(
    _ batches: [Tensor], weights: [String: Tensor], _ answer: (Tensor) throws -> Tensor
  ) throws {
    let traces = try batches.map { try Trace.of($0, answer) }
    var build = Build(traces, sizes: batches.map { $0.shape[0] }, weights: weights, channels: batches[0].shape[1])
    // Where one does more than the other, the first operator that differs is found on the way.
    let longest = traces.max { $0.calls.count < $1.calls.count } ?? traces[0]
    for index in longest.calls.indices { try build.add(index) }
    var graph = build.graph
    switch traces[0].answer {
    case .input: graph.answer = Graph.Place(0)
    case .call(let call, let result): graph.answer = Graph.Place(build.places[call], output: result)
    case .constant: throw Obstacle(reason: "answers the same whatever the image")
    }
    (self.graph, parameters) = try Canonical.form(of: graph, build.parameters)
    activations = traces[0].elements / batches[0].shape[0]
  }
}

/// A graph being put together from one trace or two.
@TorchActor private struct Build {
  private let traces: [Trace]
  private let sizes: [Int]
  private let names: [UInt: String]
  /// The node of each call.
  private(set) var places: [Int] = []
  private(set) var graph: Graph
  private(set) var parameters: [String: Tensor] = [:]
  /// The operator that is looked at.
  private var current = ""
  /// What stands for each constant of the first trace.
  private var constants: [Int: Graph.Value] = [:]

  init(_ traces: [Trace], sizes: [Int], weights: [String: Tensor], channels: Int) {
    self.traces = traces
    self.sizes = sizes
    names = Dictionary(
      weights.sorted { $0.key < $1.key }.map { ($0.value.identity, $0.key) }, uniquingKeysWith: { first, _ in first })
    graph = Graph(channels: channels)
  }

  mutating func add(_ index: Int) throws {
    let calls = traces.compactMap { index < $0.calls.count ? $0.calls[index] : nil }
    let call = calls[0]
    current = call.name
    guard calls.count == traces.count, calls.allSatisfy({ $0.name == call.name && $0.overload == call.overload })
    else { throw differing }
    let arguments = try call.arguments.indices.map { place in
      (call.arguments[place].name, try value(calls.map { $0.arguments[place].value }))
    }
    places.append(graph.append(Graph.Node(call.name, call.overload, arguments)).node)
  }

  private var differing: GraphImport.Obstacle {
    GraphImport.Obstacle(reason: "does other things for another number of images, or at random, at \(current)")
  }

  private mutating func value(_ values: [Trace.Argument]) throws -> Graph.Value {
    switch (values[0], values[values.count - 1]) {
    case (.none, .none): return .none
    case (.tensor(let a), .tensor(let b)): return try source(a, b)
    case (.tensors(let a), .tensors(let b)) where a.count == b.count:
      return .tensors(
        try zip(a, b).map { a, b in
          switch (a, b) {
          case (nil, nil): Graph.Value.none
          case (let a?, let b?): try source(a, b)
          default: throw differing
          }
        })
    case (.int(let a), .int(let b)): return .int(try size(a, b))
    case (.ints(let a), .ints(let b)) where a.count == b.count: return .ints(try zip(a, b).map(size))
    case (.double(let a), .double(let b)) where a == b || (a.isNaN && b.isNaN): return .double(a)
    case (.doubles(let a), .doubles(let b)) where a == b: return .doubles(a)
    case (.bool(let a), .bool(let b)) where a == b: return .bool(a)
    case (.bools(let a), .bools(let b)) where a == b: return .bools(a)
    case (.string(let a), .string(let b)) where a == b: return .string(a)
    default: throw differing
    }
  }

  /// a for the first number of images and b for the last: constant + perImage · N.
  private func size(_ a: Int, _ b: Int) throws -> Graph.Size {
    if a == b { return Graph.Size(a) }
    let (difference, images) = (b &- a, sizes[sizes.count - 1] - sizes[0])
    // Far more than an image has numbers; what is computed with it does not overflow.
    guard max(a.magnitude, b.magnitude) < 1 << 48, difference % images == 0 else { throw differing }
    return Graph.Size(a - difference / images * sizes[0], perImage: difference / images)
  }

  private mutating func source(_ a: Trace.Source, _ b: Trace.Source) throws -> Graph.Value {
    switch (a, b) {
    case (.input, .input): return .result(Graph.Place(0))
    case (.call(let call, let result), .call(let other, let otherResult)) where call == other && result == otherResult:
      return .result(Graph.Place(places[call], output: result))
    case (.constant(let a), .constant(let b)):
      if let known = constants[a] { return known }
      let value = try constant(a, traces[0].constants[a], traces[traces.count - 1].constants[b])
      constants[a] = value
      return value
    default: throw differing
    }
  }

  /// A constant that is the same for any number of images, or that has copies of itself along an axis, one for each.
  private mutating func constant(_ index: Int, _ a: Tensor, _ b: Tensor) throws -> Graph.Value {
    let name = names[a.identity] ?? "constant_\(index)"
    if a.identity == b.identity { return declare(name, a) }
    if a.shape == b.shape {
      guard let type = a.type, type == b.type, try a.bytes() == b.bytes() else { throw differing }
      return declare(name, a)
    }
    let (shape, images, others) = (a.shape, sizes[0], sizes[sizes.count - 1])
    guard shape.count == b.shape.count, let axis = shape.indices.first(where: { shape[$0] != b.shape[$0] }),
      shape[axis] % images == 0, a.type != nil, a.type == b.type,
      b.shape == shape[..<axis] + [shape[axis] / images * others] + shape[(axis + 1)...]
    else { throw differing }
    let length = shape[axis] / images
    let one = try a.slice(axis: axis, 0..<length).copy()
    let own = try one.bytes()
    for (tensor, count) in [(a, images), (b, others)] {
      for copy in 0..<count {
        guard try tensor.slice(axis: axis, copy * length..<(copy + 1) * length).bytes() == own else {
          throw differing
        }
      }
    }
    let counts = shape.indices.map { $0 == axis ? Graph.Size(0, perImage: 1) : Graph.Size(1) }
    return .result(
      graph.append(Graph.Node("aten::repeat", "", [("self", declare(name, one)), ("repeats", .ints(counts))])))
  }

  private mutating func declare(_ name: String, _ tensor: Tensor) -> Graph.Value {
    parameters[name] = tensor
    graph.declare(Graph.Parameter(name: name, shape: tensor.shape, role: .other, fanIn: 0))
    return .parameter(name)
  }
}
