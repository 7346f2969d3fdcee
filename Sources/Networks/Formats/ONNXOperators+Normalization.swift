import Tensors

extension ONNXOperators {
  static let normalizations: [String: Single] = [
    "BatchNormalization": { call in
      if try call.int("training_mode", 0) != 0 || call.int("is_test", 1) == 0 && call.node.version < 7 {
        throw call.fails("is in training mode")
      }
      if try call.int("spatial", 1) != 1 { throw call.fails("normalises each pixel by itself") }
      return try aten(
        "batch_norm", call.tensor(0), call.tensor(1), call.tensor(2), call.tensor(3), call.tensor(4), false, 0.1,
        call.float("epsilon", 1e-5), true)
    },
    "LayerNormalization": layerNorm,
    "InstanceNormalization": { call in
      try aten(
        "instance_norm", call.tensor(0), call.tensor(1), call.tensor(2), nil, nil, true, 0.1,
        call.float("epsilon", 1e-5), true)
    },
    "GroupNormalization": { call in
      let input = try call.tensor(0)
      let groups = try call.int("num_groups", 0)
      guard input.shape.count >= 2, groups > 0, input.shape[1].isMultiple(of: groups) else {
        throw call.fails("has \(groups) groups for a tensor of the shape \(input.shape)")
      }
      @TorchActor func perChannel(_ index: Int) throws -> Tensor {
        let numbers = try call.tensor(index)
        // Before opset 21 there is one number for each group.
        guard call.node.version < 21, numbers.count == groups else { return numbers }
        return try aten("repeat_interleave.self_int", numbers, input.shape[1] / groups, 0)
      }
      return try aten("group_norm", input, groups, perChannel(1), perChannel(2), call.float("epsilon", 1e-5), true)
    },
    "RMSNormalization": { call in
      let (input, axis) = try call.inputAndAxis(-1)
      let mean = try (input * input).mean(Array(axis..<input.shape.count), keepingAxes: true)
      let scale = try aten("rsqrt", mean + call.float("epsilon", 1e-5))
      return try input * scale * call.tensor(1)
    },
    "LpNormalization": { call in
      let (input, axis) = try call.inputAndAxis(-1)
      return try input / aten("linalg_vector_norm", input, call.int("p", 2), [axis], true)
    },
    "MeanVarianceNormalization": { call in
      let input = try call.tensor(0)
      let axes = try (call.ints("axes") ?? [0, 2, 3]).map { try call.axis($0, rank: input.shape.count) }
      let centred = try input - input.mean(axes, keepingAxes: true)
      let deviation = try (centred * centred).mean(axes, keepingAxes: true).squareRoot()
      return try centred / (deviation + 1e-9)
    },
    "DequantizeLinear": { call in
      let input = try call.tensor(0)
      let scale = try call.tensor(1)
      if try call.int("block_size", 0) != 0 { throw call.fails("scales blocks") }
      @TorchActor func along(_ numbers: Tensor) throws -> Tensor {
        guard numbers.shape.count == 1, input.shape.count > 1 else { return numbers }
        var shape = input.shape.map { _ in 1 }
        shape[try call.axis(call.int("axis", 1), rank: input.shape.count)] = numbers.count
        return try numbers.reshaped(shape)
      }
      let zero = try call.has(2) ? input - along(call.tensor(2)) : input
      return try zero.to(scale.type ?? .float32, scale.device) * along(scale)
    },
  ]

  @TorchActor private static func layerNorm(_ call: ONNXCall) throws -> Tensor {
    let input = try call.tensor(0)
    let scale = try call.tensor(1)
    let axis = try call.axis(call.int("axis", -1), rank: input.shape.count)
    let shape = Array(input.shape[axis...])
    let isPlain = try scale.shape == shape && (!call.has(2) || call.tensor(2).shape == shape)
    let result = try aten(
      "layer_norm", input, shape, isPlain ? scale : nil, isPlain ? call.optional(2) : nil, call.float("epsilon", 1e-5),
      true)
    if isPlain { return result }
    return try call.has(2) ? result * scale + call.tensor(2) : result * scale
  }
}
