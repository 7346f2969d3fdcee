extension Graph {
  // Each function appends a node that reads `source`, by default the last node, and returns its index.

  /// PyTorch's default for batch normalisation.
  package static let usualEpsilon = 1e-5

  @discardableResult package mutating func convolution(
    _ name: String, from source: Int? = nil, channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    groups: Int = 1, bias: Bool = true
  ) -> Int {
    let inputs = width(of: source ?? last) / groups
    let fanIn = inputs * kernel * kernel
    declare(name, "weight", [channels, inputs, kernel, kernel], .convolutionWeight, fanIn)
    if bias { declare(name, "bias", [channels], .bias, fanIn) }
    let call = Convolution(
      input: Place(source ?? last), weight: "\(name).weight", bias: bias ? "\(name).bias" : nil,
      stride: [stride, stride], padding: [padding, padding], dilation: [1, 1], groups: groups)
    return append(call.node).node
  }

  @discardableResult package mutating func batchNorm(
    _ name: String, from source: Int? = nil, epsilon: Double = Graph.usualEpsilon
  ) -> Int {
    let channels = width(of: source ?? last)
    declare(name, "weight", [channels], .scale, channels)
    declare(name, "bias", [channels], .shift, channels)
    declare(name, "running_mean", [channels], .runningMean, channels)
    declare(name, "running_var", [channels], .runningVariance, channels)
    return call(
      "batch_norm", input: "input", from: source,
      [
        "weight": .parameter("\(name).weight"), "bias": .parameter("\(name).bias"),
        "running_mean": .parameter("\(name).running_mean"), "running_var": .parameter("\(name).running_var"),
        "training": .bool(false), "momentum": .double(Interpreter.batchNormMomentum), "eps": .double(epsilon),
        "cudnn_enabled": .bool(true),
      ])
  }

  @discardableResult package mutating func relu() -> Int { call("relu") }

  /// min(max(x, 0), 6)
  @discardableResult package mutating func relu6() -> Int { call("relu6") }

  @discardableResult package mutating func maxPool(kernel: Int, stride: Int, padding: Int) -> Int {
    call(
      "max_pool2d",
      [
        "kernel_size": .sizes([kernel, kernel]), "stride": .sizes([stride, stride]),
        "padding": .sizes([padding, padding]), "dilation": .sizes([1, 1]), "ceil_mode": .bool(false),
      ])
  }

  /// Zeros around height and width.
  @discardableResult package mutating func pad(before: Int, after: Int) -> Int {
    pad(left: before, right: after, top: before, bottom: after)
  }

  @discardableResult package mutating func pad(left: Int = 0, right: Int = 0, top: Int = 0, bottom: Int = 0) -> Int {
    call("constant_pad_nd", ["pad": .sizes([left, right, top, bottom]), "value": .int(0)])
  }

  /// The mean over height and width: [N, C, H, W] → [N, C].
  @discardableResult package mutating func globalAveragePool() -> Int { mean([2, 3]) }

  /// - Parameter inputs: nil: as many as the last weights gave.
  @discardableResult package mutating func linear(_ name: String, channels: Int, inputs: Int? = nil) -> Int {
    let inputs = inputs ?? width(of: last)
    declare(name, "weight", [channels, inputs], .linearWeight, inputs)
    declare(name, "bias", [channels], .bias, inputs)
    return call("linear", input: "input", ["weight": .parameter("\(name).weight"), "bias": .parameter("\(name).bias")])
  }

  @discardableResult package mutating func add(_ a: Int, _ b: Int) -> Int {
    call("add.Tensor", from: a, ["other": .result(Place(b)), "alpha": .int(1)])
  }

  /// What is learned for every place, for all images alike: [N, T, C] → [N, T, C].
  package mutating func addPositions(_ name: String) {
    call("add.Tensor", ["other": .parameter(name), "alpha": .int(1)])
  }

  package mutating func declarePositions(_ name: String, places: Int, channels: Int) {
    declare(Parameter(name: name, shape: [1, places, channels], role: .position, fanIn: 0))
  }

  /// Over the last axis.
  @discardableResult package mutating func layerNorm(_ name: String, channels: Int, epsilon: Double) -> Int {
    declare(name, "weight", [channels], .scale, channels)
    declare(name, "bias", [channels], .shift, channels)
    return call(
      "layer_norm", input: "input",
      [
        "normalized_shape": .sizes([channels]), "weight": .parameter("\(name).weight"),
        "bias": .parameter("\(name).bias"), "eps": .double(epsilon),
      ])
  }

  @discardableResult package mutating func gelu() -> Int { call("gelu") }

  /// [N, C, H, W] → [N, H·W, C]
  package mutating func tokens() {
    flatten(from: 2)
    swapAxes(1, 2)
  }

  /// The mean over all tokens: [N, T, C] → [N, C].
  package mutating func tokenMean() { mean([1]) }

  /// softmax(q kᵀ/√d) v with linear layers before it, q, k and v from one, and behind it: [N, T, C] → [N, T, C].
  @discardableResult package mutating func attention(_ name: String, channels: Int, heads: Int) -> Int {
    linear("\(name).qkv", channels: 3 * channels, inputs: channels)
    call("unflatten.int", ["dim": .int(2), "sizes": .sizes([3, heads, channels / heads])])
    call("permute", ["dims": .ints([2, 0, 3, 1, 4])])
    let parts = call("unbind.int", ["dim": .int(0)])
    func part(_ index: Int) -> Value { .result(Place(parts, output: index)) }
    call("scaled_dot_product_attention", input: "query", ["key": part(1), "value": part(2)])
    swapAxes(1, 2)
    flatten(from: 2)
    return linear("\(name).proj", channels: channels, inputs: channels)
  }

  @discardableResult private mutating func mean(_ axes: [Int]) -> Int {
    call("mean.dim", ["dim": .sizes(axes), "keepdim": .bool(false)])
  }

  private mutating func flatten(from axis: Int) {
    call("flatten.using_ints", ["start_dim": .int(Size(axis)), "end_dim": .int(-1)])
  }

  private mutating func swapAxes(_ a: Int, _ b: Int) {
    call("transpose.int", ["dim0": .int(Size(a)), "dim1": .int(Size(b))])
  }

  /// Appends an operator's call.
  ///
  /// - Parameters:
  ///   - name: without `aten::`, with its overload.
  ///   - input: the name of the argument that is the source.
  @discardableResult private mutating func call(
    _ name: String, input: String = "self", from source: Int? = nil, _ others: KeyValuePairs<String, Value> = [:]
  ) -> Int {
    let parts = name.split(separator: ".")
    let arguments = [(input, Value.result(Place(source ?? last)))] + others.map { ($0.key, $0.value) }
    return append(Node("aten::\(parts[0])", parts.count > 1 ? String(parts[1]) : "", arguments)).node
  }

  private mutating func declare(
    _ name: String, _ part: String, _ shape: [Int], _ role: Parameter.Role, _ fanIn: Int
  ) {
    declare(Parameter(name: "\(name).\(part)", shape: shape, role: role, fanIn: fanIn))
  }
}

extension Graph.Value {
  /// Lengths that do not depend on the number of images.
  static func sizes(_ values: [Int]) -> Graph.Value { .ints(values.map { Graph.Size($0) }) }
}
