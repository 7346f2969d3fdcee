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
    let sides: [Size] = [before, after, before, after].map { Size($0) }
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

  @discardableResult package mutating func linear(_ name: String, channels: Int) -> Int {
    let inputs = width(of: last)
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

  private var lastValue: Value { .result(Place(last)) }

  private mutating func declare(
    _ name: String, _ part: String, _ shape: [Int], _ role: Parameter.Role, _ fanIn: Int
  ) {
    declare(Parameter(name: "\(name).\(part)", shape: shape, role: role, fanIn: fanIn))
  }
}
