import Files
import Tensors

/// Operators that are younger than the oldest libtorch in use, made of older ones.
@TorchActor struct Composition {
  /// What an operator is given, by the names of its arguments.
  let arguments: [(name: String, value: Operator.Argument)]
  let name: OperatorName

  /// The results of an operator that is composed; nil for any other.
  static func results(
    of name: OperatorName, _ arguments: [(name: String, value: Operator.Argument)]
  ) throws -> [Tensor?]? {
    guard name.name.hasPrefix("aten::") else { return nil }
    let given = Composition(arguments: arguments, name: name)
    let plain = name.name.dropFirst("aten::".count)
    switch plain {
    case "_native_batch_norm_legit_no_training": return try given.batchNormalized()
    case "_native_batch_norm_legit" where name.overload == "no_stats": return try given.batchNormalized()
    case "squeeze" where name.overload == "dims": return try given.squeezed()
    case "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_flash_attention",
      "_scaled_dot_product_efficient_attention", "_scaled_dot_product_fused_attention_overrideable":
      return try given.attention()
    case "_prelu_kernel": return try given.parametricReLU()
    case "_safe_softmax": return try given.safeSoftmax()
    case "rms_norm", "_fused_rms_norm": return try given.rootMeanSquareNormalized()
    case "lift_fresh_copy", "alias_copy": return try given.same("clone")
    case "_unsafe_index": return try given.same("index")
    case _ where plain.hasSuffix("_copy") && viewsThatCopy.contains(plain.dropLast("_copy".count)):
      return try given.same(plain.dropLast("_copy".count))
    default: return nil
    }
  }

  private static let viewsThatCopy: Set<Substring> = [
    "view", "expand", "permute", "transpose", "slice", "select", "unsqueeze", "squeeze", "unbind", "split",
    "split_with_sizes", "t", "diagonal", "unfold",
  ]

  private subscript(name: String) -> Operator.Argument { arguments.first { $0.name == name }?.value ?? .none }

  private func tensor(_ name: String) throws -> Tensor {
    guard case .tensor(let tensor) = self[name] else {
      throw ModelFileError.damaged("\(self.name.name) has no tensor “\(name.plain)”")
    }
    return tensor
  }

  private func ints(_ name: String) throws -> [Int] {
    switch self[name] {
    case .ints(let numbers): return numbers
    case .int(let number): return [number]
    default: throw ModelFileError.damaged("\(self.name.name) has no numbers “\(name.plain)”")
    }
  }

  /// Another operator with the same arguments and overload.
  private func same(_ other: Substring) throws -> [Tensor?] {
    try Operator("aten::\(other)", overload: name.overload)(arguments)
  }

  // MARK: One by one

  /// The statistics that are returned beside are of no use but for training.
  private func batchNormalized() throws -> [Tensor?] {
    // Of its own statistics, as weights are standardized.
    var training = Operator.Argument.bool(false)
    if case .bool(true) = self["training"] { training = .bool(true) }
    let result = try aten(
      "batch_norm", self["input"], self["weight"], self["bias"], self["running_mean"], self["running_var"], training,
      self["momentum"], self["eps"], true)
    return [result, nil, nil]
  }

  private func squeezed() throws -> [Tensor?] {
    var result = try tensor("self")
    let rank = result.shape.count
    for axis in try ints("dim").map({ $0 < 0 ? $0 + rank : $0 }).sorted(by: >) {
      result = try aten("squeeze.dim", result, axis)
    }
    return [result]
  }

  private func attention() throws -> [Tensor?] {
    let mask = ["attn_mask", "attn_bias"].first { name in arguments.contains { $0.name == name } }
    var given = arguments.filter { ["query", "key", "value", "dropout_p", "is_causal", "scale"].contains($0.name) }
    if let mask { given.append(("attn_mask", self[mask])) }
    return try Operator("aten::scaled_dot_product_attention")(given) + Array(repeating: nil, count: 8)
  }

  /// max(x, 0) + weight · min(x, 0), the weight in a shape that fits already.
  private func parametricReLU() throws -> [Tensor?] {
    let input = try tensor("self")
    let scaled = try tensor("weight") * aten("clamp_max", input, 0)
    return [try input.relu() + scaled]
  }

  /// A softmax whose rows that are −∞ throughout become zeros.
  private func safeSoftmax() throws -> [Tensor?] {
    let input = try tensor("self")
    let softmax = try Operator("aten::softmax", overload: "int")(arguments)[0]
    let empty = try aten("all.dim", aten("eq.Scalar", input, -Double.infinity), self["dim"], true)
    return [try aten("masked_fill.Scalar", softmax, empty, 0)]
  }

  /// x / √(mean(x²) + ε), times the weight; ε is float32's precision where none is given.
  private func rootMeanSquareNormalized() throws -> [Tensor?] {
    let input = try tensor("input")
    let axes = try ints("normalized_shape").indices.map { -1 - $0 }
    var epsilon = input.type == .float64 ? Double.ulpOfOne : Double(Float.ulpOfOne)
    if case .double(let given) = self["eps"] { epsilon = given }
    let mean = try (input * input).mean(axes, keepingAxes: true)
    let factor = try aten("rsqrt", mean + epsilon)
    var result = try input * factor
    if case .tensor(let weight) = self["weight"] { result = try result * weight }
    return [result, factor]
  }
}
