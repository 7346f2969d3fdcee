import Tensors

extension ONNXOperators {
  static let reductions: [String: Single] = [
    "ReduceMean": { try reduced($0) { input, axes, keeps in try input.mean(axes, keepingAxes: keeps) } },
    "ReduceSum": { try reduced($0) { input, axes, keeps in try sum(input, axes, keeps) } },
    "ReduceMax": { try reduced($0) { input, axes, keeps in try extreme("amax", input, axes, keeps) } },
    "ReduceMin": { try reduced($0) { input, axes, keeps in try extreme("amin", input, axes, keeps) } },
    "ReduceL1": { try reduced($0) { input, axes, keeps in try sum(input.absolute(), axes, keeps) } },
    "ReduceL2": { try reduced($0) { input, axes, keeps in try norm(input, 2, axes, keepingAxes: keeps) } },
    "ReduceSumSquare": { try reduced($0) { input, axes, keeps in try sum(input * input, axes, keeps) } },
    "ReduceLogSum": { try reduced($0) { input, axes, keeps in try sum(input, axes, keeps).logarithm() } },
    "ReduceLogSumExp": {
      try reduced($0) { input, axes, keeps in
        try aten("logsumexp", ["self": .tensor(input), "dim": .ints(axes), "keepdim": .bool(keeps)])
      }
    },
    "ReduceProd": {
      try reduced($0) { input, axes, keeps in
        try axes.sorted(by: >).reduce(input) {
          try aten("prod.dim_int", ["self": .tensor($0), "dim": .int($1), "keepdim": .bool(keeps)])
        }
      }
    },
    "ArgMax": { try place($0, "argmax") },
    "ArgMin": { try place($0, "argmin") },
    "CumSum": { call in
      let input = try call.tensor(0)
      let axis = try call.axis(call.integers(1)?.first ?? 0, rank: input.shape.count)
      let isReversed = try call.int("reverse", 0) != 0
      @TorchActor func flipped(_ tensor: Tensor) throws -> Tensor {
        isReversed ? try aten("flip", ["self": .tensor(tensor), "dims": .ints([axis])]) : tensor
      }
      let begin = try flipped(input)
      var sums = try aten("cumsum", ["self": .tensor(begin), "dim": .int(axis)])
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

  @TorchActor private static func sum(_ input: Tensor, _ axes: [Int], _ keepsAxes: Bool) throws -> Tensor {
    try aten("sum.dim_IntList", ["self": .tensor(input), "dim": .ints(axes), "keepdim": .bool(keepsAxes)])
  }

  @TorchActor private static func extreme(_ name: String, _ input: Tensor, _ axes: [Int], _ keepsAxes: Bool) throws
    -> Tensor
  {
    try aten(name, ["self": .tensor(input), "dim": .ints(axes), "keepdim": .bool(keepsAxes)])
  }

  @TorchActor private static func place(_ call: ONNXCall, _ name: String) throws -> Tensor {
    let input = try call.tensor(0)
    let axis = try call.axis(call.int("axis", 0), rank: input.shape.count)
    if try call.int("select_last_index", 0) != 0 { throw call.fails("takes the last of equal places") }
    return try aten(name, ["self": .tensor(input), "dim": .int(axis), "keepdim": .bool(call.int("keepdims", 1) != 0)])
  }
}
