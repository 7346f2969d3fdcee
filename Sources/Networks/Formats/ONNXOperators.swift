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
    for (name, unary) in unaries { all[name] = { [try aten(unary, ["self": .tensor($0.tensor(0))])] } }
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
    "Sign": "sign",
    "Sin": "sin", "Sinh": "sinh", "Softplus": "softplus", "Sqrt": "sqrt", "Tan": "tan", "Tanh": "tanh",
  ]

  /// Those with several results.
  private static let several: [String: Body] = [
    "Dropout": { call in
      // Training alone has it; opset 12 has a switch for that.
      if let training = try call.integers(2), training != [0] { throw call.fails("is in training mode") }
      let input = try call.tensor(0)
      return [input, try aten("ones_like", ["self": .tensor(input), "dtype": .int(ElementType.bool.torchCode)])]
    },
    "Split": { call in
      let input = try call.tensor(0)
      let axis = try call.axis(call.int("axis", 0), rank: input.shape.count)
      let parts = try call.int("num_outputs", call.node.outputs.count)
      guard 1...max(1, input.shape[axis]) ~= parts, parts <= call.node.outputs.count else {
        throw call.fails("makes \(parts) parts of \(input.shape[axis])")
      }
      let largest = (input.shape[axis] + parts - 1) / parts
      let sizes = try call.ints("split") ?? call.integers(1)
      let even = (0..<parts).map { min(largest, max(0, input.shape[axis] - $0 * largest)) }
      return try atenAll(
        "split_with_sizes", ["self": .tensor(input), "split_sizes": .ints(sizes ?? even), "dim": .int(axis)]
      ).compactMap { $0 }
    },
    "TopK": { call in
      let input = try call.tensor(0)
      let axis = try call.axis(call.int("axis", -1), rank: input.shape.count)
      guard let count = try call.integers(1)?.first ?? call.int("k") else { throw call.fails("lacks a number") }
      return try atenAll(
        "topk",
        [
          "self": .tensor(input), "k": .int(count), "dim": .int(axis), "largest": .bool(call.int("largest", 1) != 0),
          "sorted": .bool(call.int("sorted", 1) != 0),
        ]
      ).compactMap { $0 }
    },
    "BatchNormalization": { call in
      if try call.int("training_mode", 0) != 0 || call.int("is_test", 1) == 0 && call.node.version < 7 {
        throw call.fails("is in training mode")
      }
      if try call.int("spatial", 1) != 1 { throw call.fails("normalises each pixel by itself") }
      return [
        try aten(
          "batch_norm",
          [
            "input": .tensor(call.tensor(0)), "weight": .tensor(call.tensor(1)), "bias": .tensor(call.tensor(2)),
            "running_mean": .tensor(call.tensor(3)), "running_var": .tensor(call.tensor(4)), "training": .bool(false),
            "momentum": .double(0.1), "eps": .double(call.float("epsilon", 1e-5)), "cudnn_enabled": .bool(true),
          ])
      ]
    },
    "MaxPool": { [try maxPool($0)] },
    "LayerNormalization": { [try layerNorm($0)] },
  ]
}

extension ElementType {
  /// libtorch's number of the type.
  var torchCode: Int {
    switch self {
    case .uint8: 0
    case .int32: 3
    case .int64: 4
    case .float16: 5
    case .float32: 6
    case .float64: 7
    case .bool: 11
    case .bfloat16: 15
    }
  }
}
