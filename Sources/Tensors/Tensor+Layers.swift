import CTorch

extension Tensor {
  /// 2-D convolution of [N, C, H, W] with weights [O, C / groups, k, k]; stride, padding and dilation of height and width.
  public func convolution(
    weight: Tensor, bias: Tensor? = nil, stride: [Int] = [1, 1], padding: [Int] = [0, 0], dilation: [Int] = [1, 1],
    groups: Int = 1
  ) throws -> Tensor {
    func pair(_ values: [Int]) -> (Int64, Int64) { (Int64(values[0]), Int64(values[1])) }
    return try Tensor("convolution", [self, weight]) {
      ct_convolution(
        handle, weight.handle, bias?.handle,
        CTWindow(stride: pair(stride), padding: pair(padding), dilation: pair(dilation)), Int64(groups), $0)
    }
  }

  /// x Wᵀ + b for [N, I] and weights [O, I].
  public func linear(weight: Tensor, bias: Tensor? = nil) throws -> Tensor {
    try aten("linear", self, weight, bias, title: "linear layer")
  }

  /// The same values, through which only what is positive flows back, as in guided backpropagation.
  public func guided() throws -> Tensor { try Tensor("guiding", [self]) { ct_guided(handle, $0) } }

  /// The mean over the batch of −log softmax(self)[label], for logits [N, K] and int64 labels [N].
  public func crossEntropy(labels: Tensor) throws -> Tensor {
    try Tensor("cross-entropy", [self, labels]) { ct_cross_entropy(handle, labels.handle, $0) }
  }

  /// Bilinear enlarging of [N, C, H, W], as `interpolate` of PyTorch without aligned corners.
  public func enlarged(height: Int, width: Int) throws -> Tensor {
    try aten("upsample_bilinear2d", self, [height, width], false)
  }

  /// Bilinear resizing of [N, C, H, W], antialiased when it shrinks: what torchvision's `resize` does to tensors.
  public func resized(height: Int, width: Int) throws -> Tensor {
    try aten("_upsample_bilinear2d_aa", self, [height, width], false, title: "resizing to \(height)×\(width)")
  }
}
