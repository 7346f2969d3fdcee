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
    return append(
      Node(
        "aten::batch_norm", "",
        [
          ("input", .result(Place(source ?? last))), ("weight", .parameter("\(name).weight")),
          ("bias", .parameter("\(name).bias")), ("running_mean", .parameter("\(name).running_mean")),
          ("running_var", .parameter("\(name).running_var")), ("training", .bool(false)),
          ("momentum", .double(Interpreter.batchNormMomentum)), ("eps", .double(epsilon)),
          ("cudnn_enabled", .bool(true)),
        ])
    ).node
  }

  @discardableResult package mutating func relu() -> Int {
    append(Node("aten::relu", "", [("self", lastValue)])).node
  }

  /// min(max(x, 0), 6)
  @discardableResult package mutating func relu6() -> Int {
    append(Node("aten::relu6", "", [("self", lastValue)])).node
  }

  @discardableResult package mutating func maxPool(kernel: Int, stride: Int, padding: Int) -> Int {
    func both(_ side: Int) -> Value { .ints([Size(side), Size(side)]) }
    return append(
      Node(
        "aten::max_pool2d", "",
        [
          ("self", lastValue), ("kernel_size", both(kernel)), ("stride", both(stride)), ("padding", both(padding)),
          ("dilation", both(1)), ("ceil_mode", .bool(false)),
        ])
    ).node
  }

  /// Zeros around height and width.
  @discardableResult package mutating func pad(before: Int, after: Int) -> Int {
    pad(left: before, right: after, top: before, bottom: after)
  }

  @discardableResult package mutating func pad(left: Int = 0, right: Int = 0, top: Int = 0, bottom: Int = 0) -> Int {
    let sides = [left, right, top, bottom].map { Size($0) }
    return append(
      Node("aten::constant_pad_nd", "", [("self", lastValue), ("pad", .ints(sides)), ("value", .int(0))])
    ).node
  }

  /// The mean over height and width: [N, C, H, W] → [N, C].
  @discardableResult package mutating func globalAveragePool() -> Int {
    append(
      Node("aten::mean", "dim", [("self", lastValue), ("dim", .ints([2, 3])), ("keepdim", .bool(false))])
    ).node
  }

  /// - Parameter inputs: nil: as many as the last weights gave.
  @discardableResult package mutating func linear(_ name: String, channels: Int, inputs: Int? = nil) -> Int {
    let inputs = inputs ?? width(of: last)
    declare(name, "weight", [channels, inputs], .linearWeight, inputs)
    declare(name, "bias", [channels], .bias, inputs)
    return append(
      Node(
        "aten::linear", "",
        [
          ("input", lastValue), ("weight", .parameter("\(name).weight")), ("bias", .parameter("\(name).bias")),
        ])
    ).node
  }

  @discardableResult package mutating func add(_ a: Int, _ b: Int) -> Int {
    append(
      Node("aten::add", "Tensor", [("self", .result(Place(a))), ("other", .result(Place(b))), ("alpha", .int(1))])
    ).node
  }

  /// What is learned for every place, for all images alike: [N, T, C] → [N, T, C].
  package mutating func addPositions(_ name: String) {
    append(
      Node("aten::add", "Tensor", [("self", lastValue), ("other", .parameter(name)), ("alpha", .int(1))]))
  }

  package mutating func declarePositions(_ name: String, places: Int, channels: Int) {
    declare(Parameter(name: name, shape: [1, places, channels], role: .position, fanIn: 0))
  }

  /// Over the last axis.
  @discardableResult package mutating func layerNorm(_ name: String, channels: Int, epsilon: Double) -> Int {
    declare(name, "weight", [channels], .scale, channels)
    declare(name, "bias", [channels], .shift, channels)
    return append(
      Node(
        "aten::layer_norm", "",
        [
          ("input", lastValue), ("normalized_shape", .ints([Size(channels)])),
          ("weight", .parameter("\(name).weight")), ("bias", .parameter("\(name).bias")), ("eps", .double(epsilon)),
        ])
    ).node
  }

  @discardableResult package mutating func gelu() -> Int {
    append(Node("aten::gelu", "", [("self", lastValue)])).node
  }

  /// [N, C, H, W] → [N, H·W, C]
  package mutating func tokens() {
    flatten(from: 2)
    swapAxes(1, 2)
  }

  /// The mean over all tokens: [N, T, C] → [N, C].
  package mutating func tokenMean() {
    append(Node("aten::mean", "dim", [("self", lastValue), ("dim", .ints([1])), ("keepdim", .bool(false))]))
  }

  /// softmax(q kᵀ/√d) v with linear layers before it, q, k and v from one, and behind it: [N, T, C] → [N, T, C].
  @discardableResult package mutating func attention(_ name: String, channels: Int, heads: Int) -> Int {
    linear("\(name).qkv", channels: 3 * channels, inputs: channels)
    let sizes = [3, heads, channels / heads].map { Size($0) }
    append(Node("aten::unflatten", "int", [("self", lastValue), ("dim", .int(2)), ("sizes", .ints(sizes))]))
    append(Node("aten::permute", "", [("self", lastValue), ("dims", .ints([2, 0, 3, 1, 4]))]))
    let parts = append(Node("aten::unbind", "int", [("self", lastValue), ("dim", .int(0))])).node
    func part(_ index: Int) -> Value { .result(Place(parts, output: index)) }
    append(
      Node("aten::scaled_dot_product_attention", "", [("query", part(0)), ("key", part(1)), ("value", part(2))]))
    swapAxes(1, 2)
    flatten(from: 2)
    return linear("\(name).proj", channels: channels, inputs: channels)
  }

  private mutating func flatten(from axis: Int) {
    append(
      Node(
        "aten::flatten", "using_ints",
        [("self", lastValue), ("start_dim", .int(Size(axis))), ("end_dim", .int(-1))]))
  }

  private mutating func swapAxes(_ a: Int, _ b: Int) {
    append(
      Node("aten::transpose", "int", [("self", lastValue), ("dim0", .int(Size(a))), ("dim1", .int(Size(b)))]))
  }

  private var lastValue: Value { .result(Place(last)) }

  private mutating func declare(
    _ name: String, _ part: String, _ shape: [Int], _ role: Parameter.Role, _ fanIn: Int
  ) {
    declare(Parameter(name: "\(name).\(part)", shape: shape, role: role, fanIn: fanIn))
  }
}
