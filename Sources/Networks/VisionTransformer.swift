extension Graph {
  /// A small vision transformer (A. Dosovitskiy and others, *An Image Is Worth 16x16 Words*, ICLR 2021) with the parameter names of
  /// timm's `VisionTransformer`.
  ///
  /// A convolution makes a token of every patch; what is learned for its place is added; four blocks of attention with four heads and
  /// of a layer of twice the width with GELU, layer normalisation before each; a layer normalisation, the mean over all
  /// tokens, and a linear layer. 128 channels: 545,930 weights for 3×32×32 pixels and 10 classes. Patches have 4×4 pixels, or 16×16 where a
  /// side has more than 64; sides that are no multiple of it get zeros at their ends.
  package static func vitTiny(channels: Int, classes: Int, height: Int, width: Int) -> Graph {
    let patch = max(height, width) > 64 ? 16 : 4
    let (rows, columns) = ((height + patch - 1) / patch, (width + patch - 1) / patch)
    var graph = Graph(channels: channels)
    graph.declarePositions("pos_embed", places: rows * columns, channels: tokenWidth)
    if (rows * patch, columns * patch) != (height, width) {
      graph.pad(right: columns * patch - width, bottom: rows * patch - height)
    }
    graph.convolution("patch_embed.proj", channels: tokenWidth, kernel: patch, stride: patch)
    graph.tokens()
    graph.addPositions("pos_embed")
    for block in 0..<4 { graph.transformerBlock("blocks.\(block)") }
    graph.layerNorm("norm", channels: tokenWidth, epsilon: tokenEpsilon)
    graph.tokenMean()
    graph.linear("head", channels: classes, inputs: tokenWidth)
    return graph
  }

  private static let tokenWidth = 128
  private static let tokenEpsilon = 1e-6

  /// x + attention(norm(x)), and to that y + mlp(norm(y)).
  private mutating func transformerBlock(_ name: String) {
    let input = last
    layerNorm("\(name).norm1", channels: Self.tokenWidth, epsilon: Self.tokenEpsilon)
    let attended = attention("\(name).attn", channels: Self.tokenWidth, heads: 4)
    let middle = add(attended, input)
    layerNorm("\(name).norm2", channels: Self.tokenWidth, epsilon: Self.tokenEpsilon)
    linear("\(name).mlp.fc1", channels: 2 * Self.tokenWidth, inputs: Self.tokenWidth)
    gelu()
    let mapped = linear("\(name).mlp.fc2", channels: Self.tokenWidth)
    add(mapped, middle)
  }
}
