extension Graph {
  /// ResNet-18 (K. He, X. Zhang, S. Ren, J. Sun, *Deep Residual Learning for Image Recognition*, CVPR 2016) with
  /// torchvision's parameter names, so that its weights can be used as they are.
  ///
  /// A 7×7 stem of stride 2 and a max pooling, four stages of two basic blocks with 64, 128, 256 and 512 channels, the mean
  /// over all places, and a linear layer. 11,181,642 weights for 3 channels and 10 classes.
  package static func resNet18(channels: Int, classes: Int) -> Graph {
    residual(channels, classes, blocks: [2, 2, 2, 2]) { $0.basicBlock($1, channels: $2, stride: $3) }
  }

  /// As ``resNet18(channels:classes:)``, with stages of 3, 4, 6 and 3 blocks.
  package static func resNet34(channels: Int, classes: Int) -> Graph {
    residual(channels, classes, blocks: [3, 4, 6, 3]) { $0.basicBlock($1, channels: $2, stride: $3) }
  }

  /// As ``resNet34(channels:classes:)``, with bottleneck blocks, which give four times as many channels.
  package static func resNet50(channels: Int, classes: Int) -> Graph {
    residual(channels, classes, blocks: [3, 4, 6, 3]) { $0.bottleneck($1, channels: $2, stride: $3) }
  }

  private static func residual(
    _ channels: Int, _ classes: Int, blocks: [Int],
    _ block: (inout Graph, _ name: String, _ channels: Int, _ stride: Int) -> Void
  ) -> Graph {
    var graph = Graph(channels: channels)
    graph.convolution("conv1", channels: 64, kernel: 7, stride: 2, padding: 3, bias: false)
    graph.batchNorm("bn1")
    graph.relu()
    graph.maxPool(kernel: 3, stride: 2, padding: 1)
    for (stage, width) in [64, 128, 256, 512].enumerated() {
      for index in 0..<blocks[stage] {
        block(&graph, "layer\(stage + 1).\(index)", width, stage > 0 && index == 0 ? 2 : 1)
      }
    }
    graph.globalAveragePool()
    graph.linear("fc", channels: classes)
    return graph
  }

  /// relu(shortcut(x) + F(x)), F two 3×3 convolutions; the shortcut is a 1×1 convolution where the shape changes.
  private mutating func basicBlock(_ name: String, channels: Int, stride: Int) {
    let input = last
    convolution("\(name).conv1", channels: channels, kernel: 3, stride: stride, padding: 1, bias: false)
    batchNorm("\(name).bn1")
    relu()
    convolution("\(name).conv2", channels: channels, kernel: 3, padding: 1, bias: false)
    let residual = batchNorm("\(name).bn2")
    join(residual, input, name, channels: channels, stride: stride)
  }

  /// relu(shortcut(x) + F(x)), F a 1×1 convolution to fewer channels, a 3×3 one, which has the stride, and a 1×1 one back to four
  /// times as many.
  private mutating func bottleneck(_ name: String, channels: Int, stride: Int) {
    let input = last
    convolution("\(name).conv1", channels: channels, kernel: 1, bias: false)
    batchNorm("\(name).bn1")
    relu()
    convolution("\(name).conv2", channels: channels, kernel: 3, stride: stride, padding: 1, bias: false)
    batchNorm("\(name).bn2")
    relu()
    convolution("\(name).conv3", channels: 4 * channels, kernel: 1, bias: false)
    let residual = batchNorm("\(name).bn3")
    join(residual, input, name, channels: 4 * channels, stride: stride)
  }

  private mutating func join(_ residual: Int, _ input: Int, _ name: String, channels: Int, stride: Int) {
    var shortcut = input
    if stride != 1 || width(of: input) != channels {
      convolution("\(name).downsample.0", from: input, channels: channels, kernel: 1, stride: stride, bias: false)
      shortcut = batchNorm("\(name).downsample.1")
    }
    add(residual, shortcut)
    relu()
  }
}
