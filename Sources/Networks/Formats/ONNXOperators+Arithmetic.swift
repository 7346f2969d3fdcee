import Tensors

extension ONNXOperators {
  /// Those with two operands that libtorch has under a name.
  private static let binaries = [
    "Add": "add.Tensor", "Sub": "sub.Tensor", "Mul": "mul.Tensor", "Equal": "eq.Tensor", "Less": "lt.Tensor",
    "LessOrEqual": "le.Tensor", "Greater": "gt.Tensor", "GreaterOrEqual": "ge.Tensor", "And": "logical_and",
    "Or": "logical_or", "Xor": "logical_xor", "BitwiseAnd": "bitwise_and.Tensor", "BitwiseOr": "bitwise_or.Tensor",
    "BitwiseXor": "bitwise_xor.Tensor",
  ]

  static let arithmetic: [String: Single] = {
    var table: [String: Single] = [
      "Div": { call in
        let (a, b) = try pair(call)
        if a.isFloatingPoint || b.isFloatingPoint { return try aten("div.Tensor", a, b) }
        return try aten("div.Tensor_mode", a, b, "trunc")
      },
      "Mod": { call in
        let (a, b) = try pair(call)
        let name = try call.int("fmod", 0) != 0 ? "fmod.Tensor" : "remainder.Tensor"
        return try aten(name, a, b)
      },
      "Pow": power,
      "PRelu": { call in
        let (a, slope) = try pair(call)
        if slope.count == 1
          || (slope.count == a.shape.dropFirst().first && slope.shape.first == slope.count
            && a.shape.count == slope.shape.count + 1)
        {
          return try aten("prelu", a, slope.reshaped([slope.count]))
        }
        let negative = try aten("clamp", a, nil, 0.0)
        return try aten("relu", a) + negative * slope
      },
      "Max": { try fold($0, "maximum") },
      "Min": { try fold($0, "minimum") },
      "Sum": { try fold($0, "add.Tensor") },
      "Mean": { call in try fold(call, "add.Tensor") * (1 / Double(call.inputs.count)) },
      "Where": { call in
        let tensors = try call.aligned()
        guard tensors.count == 3 else { throw call.fails("lacks an input") }
        return try aten("where.self", tensors[0], tensors[1], tensors[2])
      },
      "MatMul": matmul,
      "Gemm": gemm,
      "Einsum": { call in try aten("einsum", call.string("equation", ""), Operator.Argument.tensors(call.aligned())) },
      "Cast": { call in try cast(call.tensor(0), to: call.int("to", 0), call) },
      "CastLike": { call in try call.tensor(0).to(call.tensor(1).type ?? .float32) },
      "IsInf": { call in
        let input = try call.tensor(0)
        switch (try call.int("detect_positive", 1), try call.int("detect_negative", 1)) {
        case (0, 0): return try aten("zeros_like", input, ElementType.bool)
        case (0, _): return try aten("isneginf", input)
        case (_, 0): return try aten("isposinf", input)
        default: return try aten("isinf", input)
        }
      },
    ]
    for (name, binary) in binaries {
      table[name] = { call in
        let (a, b) = try pair(call)
        return try aten(binary, a, b)
      }
    }
    return table
  }()

  @TorchActor private static func pair(_ call: ONNXCall) throws -> (Tensor, Tensor) {
    let tensors = try call.batch.matched(call.inputs, call.aligned())
    guard tensors.count == 2 else { throw ONNXError.damaged("an operator \(call.title) does not have two inputs") }
    return (tensors[0], tensors[1])
  }

  @TorchActor private static func fold(_ call: ONNXCall, _ name: String) throws -> Tensor {
    let tensors = try call.batch.matched(call.inputs, call.aligned())
    guard let first = tensors.first else { throw ONNXError.damaged("an operator \(call.title) has no input") }
    return try tensors.dropFirst().reduce(first) { try aten(name, $0, $1) }
  }

  @TorchActor private static func power(_ call: ONNXCall) throws -> Tensor {
    let (base, exponent) = try pair(call)
    let result: Tensor
    if try call.value(1).origin < .images, exponent.count == 1, exponent.shape.count <= base.shape.count {
      let number = try exponent.doubles()[0]
      // An integer keeps its type only with an integer.
      let scalar: Operator.Argument = exponent.isFloatingPoint ? .double(number) : .int(Int(nearest: number))
      result = try aten("pow.Tensor_Scalar", base, scalar)
    } else {
      result = try aten("pow.Tensor_Tensor", base, exponent)
    }
    return result.type == base.type ? result : try result.to(base.type ?? .float32)
  }

  @TorchActor private static func matmul(_ call: ONNXCall) throws -> Tensor {
    let (a, b) = try pair(call)
    let weight = try call.value(1)
    if weight.origin == .file, b.shape.count == 2, a.shape.count >= 2 {
      return try aten("linear", a, weight.transpose())
    }
    return try aten("matmul", a, b)
  }

  /// alpha · A B + beta · C, each of A and B perhaps transposed.
  @TorchActor private static func gemm(_ call: ONNXCall) throws -> Tensor {
    var a = try call.tensor(0)
    let b = try call.value(1)
    guard a.shape.count == 2, b.tensor.shape.count == 2 else {
      throw ONNXError.damaged("an operator \(call.title) has no matrices")
    }
    if try call.int("transA", 0) != 0 { a = try aten("t", a) }
    // What libtorch wants: [outputs, inputs].
    let weight = try call.int("transB", 0) != 0 ? b.tensor : b.transpose()
    let (alpha, beta) = (try call.float("alpha", 1), try call.float("beta", 1))
    guard call.has(2) else {
      let product = try aten("linear", a, weight)
      return alpha == 1 ? product : try product * alpha
    }
    let c = try call.tensor(2)
    if alpha == 1, beta == 1, c.count == weight.shape[0], c.shape.last == c.count {
      let bias = c.shape.count == 1 ? c : try c.reshaped([c.count])
      return try aten("linear", a, weight, bias)
    }
    let product = try aten("linear", a, weight)
    return try (alpha == 1 ? product : product * alpha) + (beta == 1 ? c : c * beta)
  }

  /// - Parameter type: in ONNX's numbering. Types of 16 bits stay float32, and integers of any size are int64, wrapped.
  @TorchActor static func cast(_ tensor: Tensor, to type: Int, _ call: ONNXCall) throws -> Tensor {
    @TorchActor func wrapped(_ bits: Int, signed: Bool) throws -> Tensor {
      let half = signed ? 1 << (bits - 1) : 0
      let shifted = try tensor.to(.int64).adding(half)
      let kept = try aten("bitwise_and.Scalar", shifted, 1 << bits - 1)
      return try kept.adding(-half)
    }
    switch type {
    case 1, 10, 16: return tensor.type == .float32 ? tensor : try tensor.to(.float32)
    case 11: return try tensor.to(.float64)
    case 6, 7, 12, 13: return tensor.type == .int64 ? tensor : try tensor.to(.int64)
    case 2: return try wrapped(8, signed: false)
    case 3: return try wrapped(8, signed: true)
    case 4: return try wrapped(16, signed: false)
    case 5: return try wrapped(16, signed: true)
    case 9: return try tensor.to(.bool)
    default: throw call.fails("makes numbers of the type \(type) in ONNX's numbering")
    }
  }
}

extension Tensor {
  /// The sum with a whole number, which leaves integers integers.
  @TorchActor func adding(_ number: Int) throws -> Tensor { try aten("add.Scalar", self, number) }
}
