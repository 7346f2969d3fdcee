/// The calls that passes, rules and the interpreter know, read from a node's arguments.
extension Graph {
  /// A 2-D convolution with weights [O, C / groups, k, k].
  struct Convolution: Equatable {
    var input: Place
    var weight: String
    var bias: String?
    /// Of height and width, as the next two.
    let stride: [Int]
    let padding: [Int]
    let dilation: [Int]
    let groups: Int

    var node: Node {
      Node(
        "aten::conv2d", "",
        [
          ("input", .result(input)), ("weight", .parameter(weight)), ("bias", bias.map(Value.parameter) ?? .none),
          ("stride", .sizes(stride)), ("padding", .sizes(padding)), ("dilation", .sizes(dilation)),
          ("groups", .int(Size(groups))),
        ])
    }
  }

  /// x Wᵀ + b with weights [O, I].
  struct Linear: Equatable {
    let input: Place
    let weight: String
    let bias: String?
  }

  /// Batch normalisation by gathered statistics.
  struct BatchNorm: Equatable {
    let input: Place
    let weight: String?
    let bias: String?
    let mean: String
    let variance: String
    let epsilon: Double
  }
}

extension Graph.Node {
  var isReLU: Bool { operation == "aten::relu" }

  var isMaxPool: Bool { operation == "aten::max_pool2d" }

  /// The sum of two tensors as they are.
  var isSum: Bool {
    operation == "aten::add" && overload == "Tensor" && argument("alpha").map { $0 == .int(1) } ?? true
      && places.count == 2
  }

  var convolution: Graph.Convolution? {
    guard operation == "aten::conv2d", overload.isEmpty, let input = place("input"), let weight = parameter("weight"),
      let stride = numbers("stride", 2), let padding = numbers("padding", 2), let dilation = numbers("dilation", 2),
      let groups = number("groups"), isParameterOrNone("bias")
    else { return nil }
    return Graph.Convolution(
      input: input, weight: weight, bias: parameter("bias"), stride: stride, padding: padding, dilation: dilation,
      groups: groups)
  }

  var linear: Graph.Linear? {
    guard operation == "aten::linear", let input = place("input"), let weight = parameter("weight"),
      isParameterOrNone("bias")
    else { return nil }
    return Graph.Linear(input: input, weight: weight, bias: parameter("bias"))
  }

  var batchNorm: Graph.BatchNorm? {
    guard operation == "aten::batch_norm", let input = place("input"), let mean = parameter("running_mean"),
      let variance = parameter("running_var"), argument("training") == .bool(false), isParameterOrNone("weight"),
      isParameterOrNone("bias"), case .double(let epsilon)? = argument("eps")
    else { return nil }
    return Graph.BatchNorm(
      input: input, weight: parameter("weight"), bias: parameter("bias"), mean: mean, variance: variance,
      epsilon: epsilon)
  }

  private func place(_ name: String) -> Graph.Place? {
    if case .result(let place)? = argument(name) { place } else { nil }
  }

  private func parameter(_ name: String) -> String? {
    if case .parameter(let parameter)? = argument(name) { parameter } else { nil }
  }

  private func isParameterOrNone(_ name: String) -> Bool {
    switch argument(name) {
    case nil, .some(.none), .parameter: true
    default: false
    }
  }

  func number(_ name: String) -> Int? {
    if case .int(let size)? = argument(name), size.perImage == 0 { size.constant } else { nil }
  }

  /// A list of that many numbers; one number in it stands for all.
  func numbers(_ name: String, _ count: Int) -> [Int]? {
    guard case .ints(let sizes)? = argument(name), sizes.allSatisfy({ $0.perImage == 0 }) else { return nil }
    let values = sizes.map(\.constant)
    return values.count == 1 ? Array(repeating: values[0], count: count) : values.count == count ? values : nil
  }
}

extension Graph {
  /// How many features the linear layer at the end takes; nil where there is none.
  package var featureCount: Int? { nodes[answer.node].linear.flatMap { parameter($0.weight)?.shape[1] } }

  /// The number of scalars in all results of one image [C, H, W]: what recording its gradient keeps in memory. Right for the
  /// operators of the built-in networks.
  package func activationCount(height: Int, width: Int) -> Int {
    var sizes: [(height: Int, width: Int)] = []
    var (total, heads) = (0, 1)
    for (index, node) in nodes.enumerated() {
      var size: (height: Int, width: Int) = node.places.first.map { sizes[$0.node] } ?? (height, width)
      func reduce(_ kernel: [Int], _ stride: [Int], _ padding: [Int]) {
        size.height = (size.height + 2 * padding[0] - kernel[0]) / stride[0] + 1
        size.width = (size.width + 2 * padding[1] - kernel[1]) / stride[1] + 1
      }
      if let convolution = node.convolution, let kernel = parameter(convolution.weight)?.shape.suffix(2) {
        reduce(Array(kernel), convolution.stride, convolution.padding)
      } else if node.isMaxPool, let kernel = node.numbers("kernel_size", 2), let stride = node.numbers("stride", 2),
        let padding = node.numbers("padding", 2)
      {
        reduce(kernel, stride, padding)
      } else if node.operation == "aten::constant_pad_nd", let sides = node.numbers("pad", 4) {
        size = (size.height + sides[2] + sides[3], size.width + sides[0] + sides[1])
      } else if node.operation == "aten::mean" {
        size = (1, 1)
      } else if node.operation == "aten::unflatten", let sizes = node.numbers("sizes", 3) {
        heads = sizes[1]
      } else if node.rule == .attention {
        // Scores, the same with their factor, and their softmax.
        total += 3 * heads * size.height * size.width * size.height * size.width
      }
      sizes.append(size)
      total += size.height * size.width * self.width(of: index)
    }
    return total
  }
}
