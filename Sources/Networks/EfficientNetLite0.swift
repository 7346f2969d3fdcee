extension Graph {
  /// EfficientNet-Lite0 (M. Tan and Q. V. Le, *EfficientNet*, ICML 2019, without squeeze-and-excitation and with ReLU6) with the
  /// parameter names of the PyTorch packages that its weights come from.
  ///
  /// A 3×3 stem of stride 2, sixteen inverted bottlenecks with depthwise convolutions of 3×3 and 5×5, a 1×1 convolution to 1,280
  /// channels, the mean over all places, and a linear layer. 4,652,008 weights for 3 channels and 1,000 classes. Convolutions of
  /// stride 2 have more padding at the end than at the beginning, as TensorFlow has it for even sizes.
  package static func efficientNetLite0(channels: Int, classes: Int) -> Graph {
    var graph = Graph(channels: channels)
    graph.halving("_conv_stem", channels: 32, kernel: 3)
    graph.batchNorm("_bn0", epsilon: liteEpsilon)
    graph.relu6()
    let stages: [(blocks: Int, kernel: Int, stride: Int, expansion: Int, channels: Int)] = [
      (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
      (1, 3, 1, 6, 320),
    ]
    var index = 0
    for stage in stages {
      for block in 0..<stage.blocks {
        graph.invertedBottleneck(
          "_blocks.\(index)", channels: stage.channels, kernel: stage.kernel, stride: block == 0 ? stage.stride : 1,
          expansion: stage.expansion)
        index += 1
      }
    }
    graph.convolution("_conv_head", channels: 1280, kernel: 1, bias: false)
    graph.batchNorm("_bn1", epsilon: liteEpsilon)
    graph.relu6()
    graph.globalAveragePool()
    graph.linear("_fc", channels: classes)
    return graph
  }

  private static let liteEpsilon = 1e-3

  /// x + F(x), or F(x) where the shape changes: F is a 1×1 convolution to more channels, a depthwise one, and a 1×1 one to fewer,
  /// without an activation at its end.
  private mutating func invertedBottleneck(_ name: String, channels: Int, kernel: Int, stride: Int, expansion: Int) {
    let input = last
    let inner = width(of: input) * expansion
    if expansion > 1 {
      convolution("\(name)._expand_conv", channels: inner, kernel: 1, bias: false)
      batchNorm("\(name)._bn0", epsilon: Self.liteEpsilon)
      relu6()
    }
    if stride == 2 {
      halving("\(name)._depthwise_conv", channels: inner, kernel: kernel, groups: inner)
    } else {
      convolution(
        "\(name)._depthwise_conv", channels: inner, kernel: kernel, padding: kernel / 2, groups: inner, bias: false)
    }
    batchNorm("\(name)._bn1", epsilon: Self.liteEpsilon)
    relu6()
    convolution("\(name)._project_conv", channels: channels, kernel: 1, bias: false)
    let projected = batchNorm("\(name)._bn2", epsilon: Self.liteEpsilon)
    if stride == 1 && width(of: input) == channels { add(projected, input) }
  }

  /// A convolution of stride 2 with the lesser half of its padding first.
  private mutating func halving(_ name: String, channels: Int, kernel: Int, groups: Int = 1) {
    pad(before: (kernel - 2) / 2, after: (kernel - 1) / 2)
    convolution(name, channels: channels, kernel: kernel, stride: 2, groups: groups, bias: false)
  }
}
