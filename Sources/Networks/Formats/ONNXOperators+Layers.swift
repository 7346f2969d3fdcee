import Tensors

extension ONNXOperators {
  static let layers: [String: Single] = [
    "Conv": { call in
      var input = try call.tensor(0)
      let weight = try call.tensor(1)
      let window = try Window(call, input, kernel: Array(weight.shape.dropFirst(2)))
      let groups = try call.int("group", 1)
      guard groups > 0 else { throw call.fails("has \(groups) groups") }
      var padding = window.before
      if window.before != window.after {
        input = try window.padded(input, with: 0)
        padding = padding.map { _ in 0 }
      }
      return try aten(
        "conv\(window.kernel.count)d", input, weight, call.optional(2), window.strides, padding, window.dilations,
        groups)
    },
    "ConvTranspose": { call in
      let input = try call.tensor(0)
      let weight = try call.tensor(1)
      let axes = weight.shape.count - 2
      let window = try Window(call, input, kernel: Array(weight.shape.dropFirst(2)), isTransposed: true)
      let groups = try call.int("group", 1)
      guard groups > 0 else { throw call.fails("has \(groups) groups") }
      let extra = try call.ints("output_padding") ?? Array(repeating: 0, count: axes)
      guard extra.count == axes, try call.ints("output_shape") == nil else {
        throw call.fails("asks for the shape of its result")
      }
      // What is cut off at the end alone is cut off afterwards.
      let common = zip(window.before, window.after).map { min($0, $1) }
      var result = try aten(
        axes == 1 ? "conv_transpose1d" : "conv_transpose\(axes)d.input", input, weight, call.optional(2),
        window.strides, common, extra, groups, window.dilations)
      for axis in 0..<axes where window.before[axis] != window.after[axis] {
        let (start, end) = (window.before[axis] - common[axis], window.after[axis] - common[axis])
        result = try slice(result, axis: axis + 2, start, result.shape[axis + 2] - end)
      }
      return result
    },
    "LRN": { call in
      let input = try call.tensor(0)
      let size = try call.int("size", 0)
      guard size > 0, size <= 1 << 16, input.shape.count >= 3 else { throw call.fails("has the size \(size)") }
      // The mean of squares over neighbouring channels.
      let squares = try aten("unsqueeze", input * input, 1)
      let flat = try squares.reshaped([input.shape[0], 1, input.shape[1], -1])
      let before = (size - 1) / 2
      let padded = try aten("constant_pad_nd", flat, [0, 0, before, size - 1 - before], 0.0)
      let mean = try aten("avg_pool2d", padded, [size, 1], [1, 1])
      let factor = try mean.reshaped(input.shape) * call.float("alpha", 1e-4) + call.float("bias", 1)
      return try input / aten("pow.Tensor_Scalar", factor, call.float("beta", 0.75))
    },
    "GridSample": { call in
      let mode = try call.string("mode", "bilinear")
      let padding = try call.string("padding_mode", "zeros")
      guard let mode = ["bilinear": 0, "linear": 0, "nearest": 1, "bicubic": 2, "cubic": 2][mode],
        let padding = ["zeros": 0, "border": 1, "reflection": 2][padding]
      else { throw call.fails("has an unknown mode") }
      let tensors = try call.aligned()
      guard tensors.count == 2 else { throw call.fails("lacks an input") }
      return try aten("grid_sampler", tensors[0], tensors[1], mode, padding, call.int("align_corners", 0) != 0)
    },
    "Attention": attention,
  ]

  /// softmax(Q Kᵀ scale + mask) V, of [N, heads, L, d], or of [N, L, heads · d] with the number of heads.
  @TorchActor private static func attention(_ call: ONNXCall) throws -> Tensor {
    guard !call.has(4), !call.has(5), !call.has(6) else { throw call.fails("goes on from earlier keys") }
    let isFlat = try call.tensor(0).shape.count == 3
    @TorchActor func split(_ index: Int, _ name: String) throws -> Tensor {
      let tensor = try call.tensor(index)
      guard isFlat else { return tensor }
      let heads = try call.int(name, 0)
      guard tensor.shape.count == 3, heads > 0, tensor.shape[2].isMultiple(of: heads) else {
        throw call.fails("has no number of heads")
      }
      return try tensor.reshaped([tensor.shape[0], tensor.shape[1], heads, tensor.shape[2] / heads]).permuted([
        0, 2, 1, 3,
      ])
    }
    var (query, key, value) = (try split(0, "q_num_heads"), try split(1, "kv_num_heads"), try split(2, "kv_num_heads"))
    guard query.shape.count == 4, key.shape.count == 4, value.shape.count == 4, key.shape[1] > 0 else {
      throw call.fails("has no heads")
    }
    let repeats = query.shape[1] / key.shape[1]
    if repeats > 1 {
      @TorchActor func repeated(_ tensor: Tensor) throws -> Tensor {
        try aten("repeat_interleave.self_int", tensor, repeats, 1)
      }
      (key, value) = (try repeated(key), try repeated(value))
    }
    let scale = try call.float("scale", Float(1 / Double(query.shape[3]).squareRoot()))
    let keys = try aten("transpose.int", key, -2, -1)
    var scores = try aten("matmul", query * scale, keys)
    let cap = try call.float("softcap", 0)
    if call.has(3) {
      let mask = try call.tensor(3)
      if mask.type == .bool {
        let isHidden = try aten("logical_not", mask)
        scores = try aten("masked_fill.Scalar", scores, isHidden, -Double.infinity)
      } else {
        scores = try scores + mask
      }
    }
    if try call.int("is_causal", 0) != 0 {
      let ones = try Tensor(
        repeating: 1, shape: call.check(Array(scores.shape.suffix(2))), type: .bool, device: scores.device)
      let isHidden = try aten("triu", ones, 1)
      scores = try aten("masked_fill.Scalar", scores, isHidden, -Double.infinity)
    }
    guard cap == 0 else { throw call.fails("caps its scores") }
    let weights = try aten("softmax.int", scores, -1)
    let result = try aten("matmul", weights, value)
    return isFlat
      ? try aten("flatten.using_ints", result.permuted([0, 2, 1, 3]), 2, -1) : result
  }
}
