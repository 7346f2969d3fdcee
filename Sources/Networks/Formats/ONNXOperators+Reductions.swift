import Tensors

extension ONNXOperators {
  static let reductions: [String: Single] = [
    "ReduceMean": { try reduced($0) { try $0.mean($1, keepingAxes: $2) } },
    "ReduceSum": { try reduced($0) { try $0.sum($1, keepingAxes: $2) } },
    "ReduceMax": { try reduced($0) { try aten("amax", $0, $1, $2) } },
    "ReduceMin": { try reduced($0) { try aten("amin", $0, $1, $2) } },
    "ReduceL1": { try reduced($0) { try $0.absolute().sum($1, keepingAxes: $2) } },
    "ReduceL2": { try reduced($0) { try aten("linalg_vector_norm", $0, 2, $1, $2) } },
    "ReduceSumSquare": { try reduced($0) { try ($0 * $0).sum($1, keepingAxes: $2) } },
    "ReduceLogSum": { try reduced($0) { try $0.sum($1, keepingAxes: $2).logarithm() } },
    "ReduceLogSumExp": { try reduced($0) { try aten("logsumexp", $0, $1, $2) } },
    "ReduceProd": {
      try reduced($0) { input, axes, keeps in
        try axes.sorted(by: >).reduce(input) { try aten("prod.dim_int", $0, $1, keeps) }
      }
    },
    "ArgMax": { try place($0, "argmax") },
    "ArgMin": { try place($0, "argmin") },
    "CumSum": { call in
      let input = try call.tensor(0)
      let axis = try call.axis(call.integers(1)?.first ?? 0, rank: input.shape.count)
      let isReversed = try call.int("reverse", 0) != 0
      @TorchActor func flipped(_ tensor: Tensor) throws -> Tensor {
        isReversed ? try aten("flip", tensor, [axis]) : tensor
      }
      let begin = try flipped(input)
      var sums = try aten("cumsum", begin, axis)
      if try call.int("exclusive", 0) != 0 { sums = try sums - begin }
      return try flipped(sums)
    },
  ]

  /// Over the axes that a node names, or all.
  @TorchActor private static func reduced(
    _ call: ONNXCall, _ body: (Tensor, _ axes: [Int], _ keepsAxes: Bool) throws -> Tensor
  ) throws -> Tensor {
    let input = try call.tensor(0)
    var axes = try axes(of: call, rank: input.shape.count) ?? []
    if axes.isEmpty {
      if try call.int("noop_with_empty_axes", 0) != 0 { return input }
      axes = Array(input.shape.indices)
    }
    return try body(input, axes, call.int("keepdims", 1) != 0)
  }

  @TorchActor private static func place(_ call: ONNXCall, _ name: String) throws -> Tensor {
    let (input, axis) = try call.inputAndAxis(0)
    if try call.int("select_last_index", 0) != 0 { throw call.fails("takes the last of equal places") }
    return try aten(name, input, axis, call.int("keepdims", 1) != 0)
  }
}
