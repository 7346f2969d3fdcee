/// What gradient rules know of operators.
extension Graph {
  /// Whether there is an activation among the layers, see `LayeredClassifier.hasActivation`.
  package var hasActivation: Bool { nodes.contains { $0.rule == .activation } }

  /// The first operator through which the gradient rules do not reach, see `LayeredClassifier.unruledOperator`.
  package var unruledOperator: String? { nodes.dropFirst().first { $0.rule == nil }?.operation }

  /// Whether some operator multiplies results with each other or works along a plane, so that rules that compare need a baseline for
  /// each image.
  var comparesResults: Bool {
    nodes.contains { [.product, .quotient, .softmax, .attention, .layerNorm, .groupNorm, .norm].contains($0.rule) }
  }
}

extension Graph.Node {
  /// The kinds of operators that gradient rules tell apart.
  enum Rule: Equatable {
    /// A linear function of the results that it reads, but for a constant.
    case linear
    /// A function of each element of one result that networks have as an activation.
    case activation
    /// Any other function of each element of one result.
    case elementwise
    /// A bilinear function of two results.
    case product
    /// One result divided by another.
    case quotient
    /// softmax(q kᵀ · scale + mask) v
    case attention
    case maxPool, softmax, layerNorm, groupNorm
    /// √Σ x² over some axes.
    case norm
  }

  /// What kind of operator it is for gradient rules; nil where they have no answer.
  var rule: Rule? {
    let reads = places.count
    switch operation {
    // A product of two results is not linear, a product with a constant is; so is a quotient by one.
    case "aten::mul", "aten::matmul", "aten::bmm", "aten::mm", "aten::einsum":
      return reads == 1 ? .linear : reads == 2 ? .product : nil
    case "aten::div" where reads == 1:
      return argument("other").map { $0.places.isEmpty ? .linear : .elementwise }
    case "aten::div": return reads == 2 ? .quotient : nil
    case "aten::conv2d", "aten::linear", "aten::addmm": return reads == 1 ? .linear : nil
    case "aten::batch_norm": return batchNorm != nil ? .linear : nil
    case "aten::pad": return argument("mode").map { $0 == .string("constant") } ?? true ? .linear : nil
    case "aten::max_pool2d": return .maxPool
    case "aten::softmax", "aten::_softmax", "aten::_safe_softmax": return .softmax
    case "aten::scaled_dot_product_attention": return isPlainAttention ? .attention : nil
    case "aten::layer_norm", "aten::native_layer_norm": return reads == 1 ? .layerNorm : nil
    case "aten::group_norm", "aten::native_group_norm": return reads == 1 ? .groupNorm : nil
    case "aten::linalg_vector_norm": return reads == 1 && isEuclidean ? .norm : nil
    case "aten::pow": return reads == 1 && argument("self")?.places.count == 1 ? .elementwise : nil
    default:
      if Self.linear.contains(operation) { return .linear }
      guard reads == 1 else { return nil }
      return Self.activations.contains(operation)
        ? .activation : Self.functions.contains(operation) ? .elementwise : nil
    }
  }

  /// Of three results, and with nothing but a mask of weights.
  private var isPlainAttention: Bool {
    let isMasked = argument("attn_mask").map { $0 != .none } ?? false
    let others = ["is_causal", "enable_gqa"].compactMap { argument($0) }
    return places.count == 3 && ["query", "key", "value"].allSatisfy { argument($0)?.places.count == 1 }
      && (!isMasked || !(argument("attn_mask")?.parameterNames.isEmpty ?? true))
      && others.allSatisfy { $0 == .bool(false) || $0 == .none }
  }

  private var isEuclidean: Bool {
    guard let order = argument("ord") else { return true }
    return order == .int(2) || order == .double(2)
  }

  private static let activations: Set<String> = [
    "aten::celu", "aten::elu", "aten::gelu", "aten::hardsigmoid", "aten::hardswish", "aten::hardtanh",
    "aten::leaky_relu", "aten::log_sigmoid", "aten::mish", "aten::prelu", "aten::relu", "aten::relu6", "aten::selu",
    "aten::sigmoid", "aten::silu", "aten::softplus", "aten::tanh",
  ]

  private static let functions: Set<String> = [
    "aten::abs", "aten::clamp", "aten::clamp_max", "aten::clamp_min", "aten::erf", "aten::exp", "aten::log",
    "aten::reciprocal", "aten::rsqrt", "aten::sqrt", "aten::square", "aten::threshold",
  ]

  private static let linear: Set<String> = [
    "aten::_adaptive_avg_pool2d", "aten::_reshape_alias", "aten::_to_copy", "aten::_unsafe_view",
    "aten::adaptive_avg_pool2d", "aten::add", "aten::alias", "aten::avg_pool2d", "aten::cat", "aten::channel_shuffle",
    "aten::chunk", "aten::clone", "aten::constant_pad_nd", "aten::contiguous", "aten::copy", "aten::expand",
    "aten::expand_as", "aten::flatten", "aten::flip", "aten::index_select", "aten::mean", "aten::narrow",
    "aten::native_channel_shuffle", "aten::neg", "aten::permute", "aten::pixel_shuffle", "aten::pixel_unshuffle",
    "aten::reflection_pad2d", "aten::repeat", "aten::replication_pad2d", "aten::reshape", "aten::reshape_as",
    "aten::roll", "aten::rsub", "aten::select", "aten::slice", "aten::split", "aten::split_with_sizes", "aten::squeeze",
    "aten::stack", "aten::sub", "aten::sum", "aten::swapaxes", "aten::t", "aten::to", "aten::transpose", "aten::unbind",
    "aten::unflatten", "aten::unsqueeze", "aten::upsample_bilinear2d", "aten::upsample_nearest2d", "aten::view",
    "aten::view_as",
  ]
}
