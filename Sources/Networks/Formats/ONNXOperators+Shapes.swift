import Tensors

extension ONNXOperators {
  static let shapes: [String: Single] = [
    "Constant": constant,
    "Shape": { call in
      let shape = try call.tensor(0).shape
      @TorchActor func place(_ name: String, _ standard: Int) throws -> Int {
        let place = try call.int(name, standard)
        return min(max(place < 0 ? place + shape.count : place, 0), shape.count)
      }
      let (start, end) = (try place("start", 0), try place("end", shape.count))
      return try list(Array(shape[start..<max(start, end)]))
    },
    "Size": { call in try Tensor([Int64(call.tensor(0).count)], shape: []) },
    "Reshape": reshape,
    "Flatten": { call in
      let input = try call.tensor(0)
      let axis = try call.int("axis", 1)
      let rank = input.shape.count
      let place = axis == rank ? rank : try call.axis(axis, rank: rank)
      if place == 1, rank > 1 { return try aten("flatten.using_ints", input, 1, -1) }
      return try input.reshaped([input.shape[..<place].reduce(1, *), input.shape[place...].reduce(1, *)])
    },
    "Squeeze": { call in
      let input = try call.tensor(0)
      let axes = try axes(of: call, rank: input.shape.count) ?? input.shape.indices.filter { input.shape[$0] == 1 }
      return try axes.sorted(by: >).reduce(input) { result, axis in
        guard result.shape[axis] == 1 else { throw call.fails("drops an axis of the length \(result.shape[axis])") }
        return try aten("squeeze.dim", result, axis)
      }
    },
    "Unsqueeze": { call in
      let input = try call.tensor(0)
      guard let count = try (call.ints("axes") ?? call.integers(1))?.count,
        let axes = try axes(of: call, rank: input.shape.count + count)
      else { throw call.fails("names no axes") }
      _ = try call.check(Array(repeating: 1, count: input.shape.count + count))
      return try axes.sorted().reduce(input) { try aten("unsqueeze", $0, $1) }
    },
    "Transpose": { call in
      let input = try call.tensor(0)
      return try input.permuted(call.ints("perm") ?? input.shape.indices.reversed())
    },
    "Expand": { call in
      let value = try call.value(0)
      guard let wanted = try call.integers(1) else { throw call.fails("names no shape") }
      let shape = value.tensor.shape
      let rank = max(shape.count, wanted.count)
      let (own, other) = (padded(shape, rank), padded(wanted, rank))
      // Where it would shrink the images' axis, the file was written for another number of them.
      let sizes = zip(own, other).map {
        $1 == 1 || call.batch.isFixed && value.origin == .images && $0 == call.batch.count ? $0 : $1
      }
      return try aten("expand", value.tensor, call.check(sizes))
    },
    "Tile": { call in
      let input = try call.tensor(0)
      guard let repeats = try call.integers(1), repeats.count == input.shape.count else {
        throw call.fails("does not fit its tensor")
      }
      _ = try call.check(
        zip(input.shape, repeats).map { length, times in
          let (product, overflow) = length.multipliedReportingOverflow(by: times)
          return overflow ? .max : product
        })
      return try aten("repeat", input, repeats)
    },
    "Concat": { call in
      let tensors = try call.aligned()
      let axis = try call.axis(call.int("axis", 1), rank: tensors.first?.shape.count ?? 0)
      let matched = axis == 0 ? tensors : try call.batch.matched(call.inputs, tensors, broadcasts: false)
      return try aten("cat", Operator.Argument.tensors(matched), axis)
    },
    "ConstantOfShape": { call in
      guard let shape = try call.integers(0) else { throw call.fails("names no shape") }
      guard case .tensor(let tensor)? = call.node.attributes["value"] else {
        return try Tensor(repeating: 0, shape: call.check(shape), device: call.device)
      }
      let value = try tensor.tensor(call.files)
      guard value.count == 1 else { throw call.fails("repeats \(value.count) numbers") }
      return try value.reshaped(shape.map { _ in 1 }).placed(on: call.device).expanded(call.check(shape)).contiguous()
    },
    "Range": { call in
      guard let start = try call.doubles(0)?.first, let end = try call.doubles(1)?.first,
        let step = try call.doubles(2)?.first,
        step != 0, (end - start) / step <= 0x1p24
      else { throw call.fails("has no end") }
      let count = max(0, Int(nearest: ((end - start) / step).rounded(.up)))
      let type = try call.tensor(0).type ?? .int64
      return try Tensor((0..<count).map { start + Double($0) * step }, shape: [count]).to(type)
    },
    "EyeLike": { call in
      let shape = try call.check(call.tensor(0).shape)
      guard shape.count == 2, shape[0] * shape[1] <= 1 << 24 else { throw call.fails("is given no matrix") }
      let k = try call.int("k", 0)
      let ones = (0..<shape[0] * shape[1]).map { $0 % shape[1] - $0 / shape[1] == k ? 1 : 0 as Float }
      return try cast(Tensor(ones, shape: shape), to: call.int("dtype", 1), call)
    },
    "DepthToSpace": { call in
      let input = try call.tensor(0)
      let block = try call.int("blocksize", 0)
      guard input.shape.count == 4, 1...1 << 16 ~= block, input.shape[1].isMultiple(of: block * block) else {
        throw call.fails("does not fit its tensor")
      }
      if try call.string("mode", "DCR") == "CRD" { return try aten("pixel_shuffle", input, block) }
      let (n, c, h, w) = (input.shape[0], input.shape[1] / (block * block), input.shape[2], input.shape[3])
      return try input.reshaped([n, block, block, c, h, w]).permuted([0, 3, 4, 1, 5, 2]).reshaped([
        n, c, h * block, w * block,
      ])
    },
    "SpaceToDepth": { call in
      let input = try call.tensor(0)
      let block = try call.int("blocksize", 0)
      guard input.shape.count == 4, 1...1 << 16 ~= block, input.shape[2].isMultiple(of: block),
        input.shape[3].isMultiple(of: block)
      else { throw call.fails("does not fit its tensor") }
      let (n, c, h, w) = (input.shape[0], input.shape[1], input.shape[2] / block, input.shape[3] / block)
      return try input.reshaped([n, c, h, block, w, block]).permuted([0, 3, 5, 1, 2, 4]).reshaped([
        n, c * block * block, h, w,
      ])
    },
  ]

  /// The axes that a node names in an attribute, or since opset 13 or 18 in its second input; nil for none.
  @TorchActor static func axes(of call: ONNXCall, rank: Int) throws -> [Int]? {
    guard let axes = try call.ints("axes") ?? call.integers(1) else { return nil }
    let places = try axes.map { try call.axis($0, rank: rank) }
    guard Set(places).count == places.count else { throw call.fails("names an axis twice") }
    return places
  }

  @TorchActor static func list(_ numbers: [Int]) throws -> Tensor {
    try Tensor(numbers.map(Int64.init), shape: [numbers.count])
  }

  private static func padded(_ shape: [Int], _ rank: Int) -> [Int] {
    Array(repeating: 1, count: rank - shape.count) + shape
  }

  @TorchActor private static func constant(_ call: ONNXCall) throws -> Tensor {
    for (name, attribute) in call.node.attributes {
      switch (name, attribute) {
      case ("value", .tensor(let tensor)): return try tensor.tensor(call.files).placed(on: call.device)
      case ("value_float", .float(let number)): return try Tensor([number], shape: []).placed(on: call.device)
      case ("value_floats", .floats(let numbers)):
        return try Tensor(numbers, shape: [numbers.count]).placed(on: call.device)
      case ("value_int", .int(let number)): return try Tensor([Int64(number)], shape: [])
      case ("value_ints", .ints(let numbers)): return try list(numbers)
      default: continue
      }
    }
    throw call.fails("holds no numbers")
  }

  @TorchActor private static func reshape(_ call: ONNXCall) throws -> Tensor {
    let value = try call.value(0)
    let old = value.tensor.shape
    guard var shape = try call.ints("shape") ?? call.integers(1) else { throw call.fails("names no shape") }
    if try call.int("allowzero", 0) == 0 {
      for axis in shape.indices where shape[axis] == 0 {
        guard axis < old.count else { throw call.fails("keeps an axis that its tensor does not have") }
        shape[axis] = old[axis]
      }
    }
    guard shape.allSatisfy({ $0 >= -1 }), shape.count(where: { $0 == -1 }) <= 1 else {
      throw call.fails("asks for the shape \(shape)")
    }
    _ = try call.check(shape.map { $0 == -1 ? 1 : $0 })
    shape = call.batch.shape(shape, for: value, at: call.node)
    return try value.tensor.reshaped(shape)
  }
}
