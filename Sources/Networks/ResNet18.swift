extension Graph {
  /// ResNet-18 (K. He, X. Zhang, S. Ren, J. Sun, *Deep Residual Learning for Image Recognition*, CVPR 2016) with
  /// torchvision's parameter names, so that its weights can be used as they are.
  ///
  /// A 7×7 stem of stride 2 and a max pooling, four stages of two basic blocks with 64, 128, 256 and 512 channels, the mean
  /// over all places, and a linear layer. 11,181,642 weights for 3 channels and 10 classes.
  public static func resNet18(channels: Int, classes: Int) -> Graph {
    var graph = Graph(channels: channels)
    graph.convolution("conv1", channels: 64, kernel: 7, stride: 2, padding: 3, bias: false)
    graph.batchNorm("bn1")
    graph.relu()
    graph.maxPool(kernel: 3, stride: 2, padding: 1)
    for (stage, width) in [64, 128, 256, 512].enumerated() {
      for block in 0..<2 {
        graph.basicBlock("layer\(stage + 1).\(block)", channels: width, stride: stage > 0 && block == 0 ? 2 : 1)
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
    var shortcut = input
    if stride != 1 || width(of: input) != channels {
      convolution("\(name).downsample.0", from: input, channels: channels, kernel: 1, stride: stride, bias: false)
      shortcut = batchNorm("\(name).downsample.1")
    }
    add(residual, shortcut)
    relu()
  }
}
