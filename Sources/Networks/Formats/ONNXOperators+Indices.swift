import Files
import Tensors

extension ONNXOperators {
  static let indices: [String: Single] = [
    "Gather": gather,
    "GatherElements": { call in
      let (input, axis) = try call.inputAndAxis(0)
      return try aten("gather", input, axis, positive(call.tensor(1), input, axis))
    },
    "GatherND": { call in
      if try call.int("batch_dims", 0) != 0 { throw call.fails("takes places for each image") }
      let input = try call.tensor(0)
      return try aten("index.Tensor", input, Operator.Argument.tensors(places(call, input)))
    },
    "ScatterElements": { call in
      let (input, axis) = try call.inputAndAxis(0)
      let reduction = try call.string("reduction", "none")
      guard let name = ["none": "scatter.src", "add": "scatter_add"][reduction] else {
        throw call.fails("combines with “\(reduction.plain)”")
      }
      return try aten(name, input, axis, positive(call.tensor(1), input, axis), call.tensor(2).to(input.device))
    },
    "ScatterND": { call in
      let input = try call.tensor(0)
      let reduction = try call.string("reduction", "none")
      guard ["none", "add"].contains(reduction) else { throw call.fails("combines with “\(reduction.plain)”") }
      return try aten(
        "index_put", input, Operator.Argument.tensors(places(call, input)), call.tensor(2).to(input.device),
        reduction == "add")
    },
    "OneHot": { call in
      let places = try call.tensor(0)
      guard let depth = try call.integers(1)?.first, 1...1 << 20 ~= depth else {
        throw call.fails("has no depth")
      }
      let rank = places.shape.count + 1
      let axis = try call.axis(call.int("axis", -1), rank: rank)
      _ = try call.check(places.shape + [depth])
      var shape = Array(repeating: 1, count: rank)
      shape[axis] = depth
      let steps = try list(Array(0..<depth)).to(places.device).reshaped(shape)
      let column = try aten("unsqueeze", positive(places, length: depth), axis)
      let isThere = try aten("eq.Tensor", column, steps)
      let values = try call.tensor(2).to(places.device)
      guard values.shape == [2] else { throw call.fails("has no two values") }
      @TorchActor func value(_ index: Int) throws -> Tensor { try aten("select.int", values, 0, index) }
      return try aten("where.self", isThere, value(1), value(0))
    },
    "NonZero": { call in
      guard try call.value(0).origin < .images else { throw call.fails("depends on pixels") }
      return try aten("nonzero", call.tensor(0)).permuted([1, 0])
    },
  ]

  @TorchActor private static func gather(_ call: ONNXCall) throws -> Tensor {
    let (input, axis) = try call.inputAndAxis(0)
    let index = try call.tensor(1)
    guard !input.shape.isEmpty else { throw call.fails("takes parts of a single number") }
    if index.shape.isEmpty, try call.value(1).origin < .images {
      let place = try call.value(1).integers()[0]
      guard -input.shape[axis]..<input.shape[axis] ~= place else {
        throw call.fails("takes the place \(place) of \(input.shape[axis])")
      }
      return try aten("select.int", input, axis, place)
    }
    let whole = Array(input.shape[..<axis] + index.shape + input.shape[(axis + 1)...])
    // All elements in their order, as PyTorch's as_strided is written; for another number of images, see ONNXBatch.
    if try call.node.recorded != nil || (call.value(1).origin < .images && isAll(call.value(1), of: input.shape[axis]))
    {
      return try input.reshaped(call.batch.shape(whole, for: call.value(0), at: call.node))
    }
    let flat = try positive(index, input, axis).reshaped([index.count])
    let result = try aten("index_select", input, axis, flat)
    return index.shape.count == 1 ? result : try result.reshaped(whole)
  }

  /// Whether places are 0, 1, … up to a length.
  @TorchActor private static func isAll(_ places: ONNXValue, of length: Int) throws -> Bool {
    try places.tensor.count == length && length <= 1 << 20 && places.integers() == Array(0..<length)
  }

  /// Places counted from the end of an axis, where negative, as places counted from its start; beside the tensor that they are of.
  @TorchActor private static func positive(_ places: Tensor, _ input: Tensor, _ axis: Int) throws -> Tensor {
    try positive(places.to(input.device), length: input.shape[axis])
  }

  @TorchActor private static func positive(_ places: Tensor, length: Int) throws -> Tensor {
    let isNegative = try aten("lt.Scalar", places, 0)
    return try aten("where.self", isNegative, places.adding(length), places)
  }

  /// The places of GatherND and ScatterND, a tensor for each axis.
  @TorchActor private static func places(_ call: ONNXCall, _ input: Tensor) throws -> [Tensor?] {
    let index = try call.tensor(1).to(input.device)
    guard let axes = index.shape.last, 1...input.shape.count ~= axes else {
      throw call.fails("does not fit its tensor")
    }
    return try (0..<axes).map { try aten("select.int", index, -1, $0) }
  }
}
