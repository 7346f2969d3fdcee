import CTorch

extension Tensor {
  /// 2-D convolution of [N, C, H, W] with weights [O, C, k, k].
  public func convolution(weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0) throws -> Tensor {
    try Tensor("convolution", [self, weight]) {
      ct_convolution(handle, weight.handle, bias?.handle, Int64(stride), Int64(padding), $0)
    }
  }

  /// x Wᵀ + b for [N, I] and weights [O, I].
  public func linear(weight: Tensor, bias: Tensor? = nil) throws -> Tensor {
    try Tensor("linear layer", [self, weight]) { ct_linear(handle, weight.handle, bias?.handle, $0) }
  }

  public func maxPool(kernel: Int, stride: Int, padding: Int = 0) throws -> Tensor {
    try Tensor("max pooling", [self]) { ct_max_pool(handle, Int64(kernel), Int64(stride), Int64(padding), $0) }
  }

  /// Where the maxima of ``maxPool(kernel:stride:padding:)`` stand: int64, indices into the plane [H·W] of each channel.
  public func maxPoolPlaces(kernel: Int, stride: Int, padding: Int = 0) throws -> Tensor {
    try Tensor("max pooling", [self]) {
      ct_max_pool_places(handle, Int64(kernel), Int64(stride), Int64(padding), $0)
    }
  }

  /// max(x, 0), whose gradient is that of guided backpropagation: relu of the result's gradient where x > 0, 0 elsewhere.
  public func guidedRelu() throws -> Tensor { try Tensor("ReLU", [self]) { ct_guided_relu(handle, $0) } }

  /// Batch normalisation over the channels of [N, C, H, W].
  ///
  /// In training, by the batch's own mean and variance, and the running ones move towards those by `momentum`, in place;
  /// otherwise by the running ones.
  public func batchNorm(
    weight: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor, training: Bool, momentum: Double,
    epsilon: Double
  ) throws -> Tensor {
    try Tensor("batch normalisation", [self, weight]) {
      ct_batch_norm(
        handle, weight.handle, bias.handle, runningMean.handle, runningVariance.handle, training, momentum, epsilon, $0)
    }
  }

  /// The mean over the batch of −log softmax(self)[label], for logits [N, K] and int64 labels [N].
  public func crossEntropy(labels: Tensor) throws -> Tensor {
    try Tensor("cross-entropy", [self, labels]) { ct_cross_entropy(handle, labels.handle, $0) }
  }

  /// Bilinear resizing of [N, C, H, W], antialiased when it shrinks: what torchvision's `resize` does to tensors.
  public func resized(height: Int, width: Int) throws -> Tensor {
    try Tensor("resizing to \(height)×\(width)", [self]) {
      ct_resize_bilinear(handle, Int64(height), Int64(width), $0)
    }
  }
}
