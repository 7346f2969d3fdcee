import Tensors

/// What ONNX's operators are in libtorch's, each at the highest level that libtorch has, so that rules and passes know it.
///
/// Meaning and standard values of attributes: https://onnx.ai/onnx/operators.
enum ONNXOperators {
  typealias Body = @TorchActor @Sendable (ONNXCall) throws -> [Tensor]
  /// Of an operator with one result.
  typealias Single = @TorchActor @Sendable (ONNXCall) throws -> Tensor

  static let all: [String: Body] = {
    var all: [String: Body] = [:]
    for (name, unary) in unaries { all[name] = { [try aten(unary, $0.tensor(0))] } }
    for table in [activations, arithmetic, layers, normalizations, pools, shapes, parts, reductions, indices, resizing]
    {
      for (name, body) in table { all[name] = { [try body($0)] } }
    }
    for (name, body) in several { all[name] = body }
    return all
  }()

  /// Those that libtorch has under a name and without any option.
  private static let unaries = [
    "Abs": "abs", "Acos": "acos", "Acosh": "acosh", "Asin": "asin", "Asinh": "asinh", "Atan": "atan", "Atanh": "atanh",
    "BitwiseNot": "bitwise_not", "Ceil": "ceil", "Cos": "cos", "Cosh": "cosh", "Erf": "erf", "Exp": "exp",
    "Floor": "floor", "HardSwish": "hardswish", "IsNaN": "isnan", "Log": "log", "Mish": "mish", "Neg": "neg",
    "Not": "logical_not", "Reciprocal": "reciprocal", "Relu": "relu", "Round": "round", "Sigmoid": "sigmoid",
    "Sign": "sign", "Sin": "sin", "Sinh": "sinh", "Softplus": "softplus", "Sqrt": "sqrt", "Tan": "tan", "Tanh": "tanh",
  ]

  /// Those with several results.
  private static let several: [String: Body] = [
    "Dropout": { call in
      // Training alone has it; opset 12 has a switch for that.
      if let training = try call.integers(2), training != [0] { throw call.fails("is in training mode") }
      let input = try call.tensor(0)
      return [input, try aten("ones_like", input, ElementType.bool)]
    },
    "Split": { call in
      let (input, axis) = try call.inputAndAxis(0)
      let parts = try call.int("num_outputs", call.node.outputs.count)
      guard 1...max(1, input.shape[axis]) ~= parts, parts <= call.node.outputs.count else {
        throw call.fails("makes \(parts) parts of \(input.shape[axis])")
      }
      let largest = (input.shape[axis] + parts - 1) / parts
      let sizes = try call.ints("split") ?? call.integers(1)
      let even = (0..<parts).map { min(largest, max(0, input.shape[axis] - $0 * largest)) }
      return try atenAll("split_with_sizes", [input, sizes ?? even, axis])
    },
    "TopK": { call in
      let (input, axis) = try call.inputAndAxis(-1)
      guard let count = try call.integers(1)?.first ?? call.int("k") else { throw call.fails("lacks a number") }
      return try atenAll("topk", [input, count, axis, call.int("largest", 1) != 0, call.int("sorted", 1) != 0])
    },
  ]
}
