extension Graph {
  /// The paper's Basic CNN: a 7×7 convolution of stride 2 and a max pooling, three blocks of 32, 64 and 128 channels, the
  /// mean over all places, and a linear layer.
  ///
  /// A block is three 3×3 convolutions, the middle one of stride 2, each followed by a ReLU. No batch normalisation.
  /// 495,146 weights for 3 channels and 10 classes.
  package static func basicCNN(channels: Int, classes: Int) -> Graph {
    var graph = Graph(channels: channels)
    graph.convolution("conv1", channels: 32, kernel: 7, stride: 2, padding: 3)
    graph.relu()
    graph.maxPool(kernel: 3, stride: 2, padding: 1)
    for (block, width) in [32, 64, 128].enumerated() {
      for layer in 1...3 {
        graph.convolution(
          "block\(block + 1).conv\(layer)", channels: width, kernel: 3, stride: layer == 2 ? 2 : 1, padding: 1)
        graph.relu()
      }
    }
    graph.globalAveragePool()
    graph.linear("fc", channels: classes)
    return graph
  }
}
