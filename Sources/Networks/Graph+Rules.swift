extension Graph {
  package var hasReLU: Bool { nodes.contains(where: \.isReLU) }

  /// The first operator through which the gradient rules do not reach, see `LayeredClassifier.unruledOperator`.
  package var unruledOperator: String? {
    nodes.dropFirst().first { !$0.isReLU && !$0.isMaxPool && !$0.isLinear }?.operation
  }
}

extension Graph.Node {
  /// Whether its result is a linear function of the results that it reads, but for a constant.
  var isLinear: Bool {
    if Self.linear.contains(operation) { return true }
    // A product of two results is not, a product with a constant is; so is a quotient by one.
    if operation == "aten::mul" || operation == "aten::matmul" || operation == "aten::bmm" { return places.count == 1 }
    if operation == "aten::div" { return places.count == 1 && argument("other").map { $0.places.isEmpty } ?? false }
    if operation == "aten::batch_norm" { return batchNorm != nil }
    if operation == "aten::conv2d" || operation == "aten::linear" || operation == "aten::addmm" {
      return places.count == 1
    }
    if operation == "aten::pad" { return argument("mode").map { $0 == .string("constant") } ?? true }
    return false
  }

  private static let linear: Set<String> = [
    "aten::_adaptive_avg_pool2d", "aten::_reshape_alias", "aten::_to_copy", "aten::_unsafe_view",
    "aten::adaptive_avg_pool2d",
    "aten::add", "aten::alias", "aten::avg_pool2d", "aten::cat", "aten::channel_shuffle", "aten::chunk", "aten::clone",
    "aten::constant_pad_nd", "aten::contiguous", "aten::copy", "aten::expand", "aten::expand_as", "aten::flatten",
    "aten::flip", "aten::index_select", "aten::mean", "aten::narrow", "aten::native_channel_shuffle", "aten::neg",
    "aten::permute", "aten::pixel_shuffle", "aten::pixel_unshuffle", "aten::reflection_pad2d", "aten::repeat",
    "aten::replication_pad2d", "aten::reshape", "aten::roll", "aten::rsub", "aten::select", "aten::slice",
    "aten::split",
    "aten::split_with_sizes", "aten::squeeze", "aten::stack", "aten::sub", "aten::sum", "aten::t", "aten::to",
    "aten::transpose", "aten::unbind", "aten::unflatten", "aten::unsqueeze", "aten::upsample_bilinear2d",
    "aten::upsample_nearest2d", "aten::view",
  ]
}
