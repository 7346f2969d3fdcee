import Files
import Tensors

extension ONNXOperators {
  static let parts: [String: Single] = [
    "Slice": { call in
      let input = try call.tensor(0)
      let rank = input.shape.count
      guard let starts = try call.ints("starts") ?? call.integers(1),
        let ends = try call.ints("ends") ?? call.integers(2),
        starts.count == ends.count
      else { throw call.fails("does not say what to take") }
      let axes = try (call.ints("axes") ?? call.integers(3) ?? Array(starts.indices)).map {
        try call.axis($0, rank: rank)
      }
      let steps = try call.integers(4) ?? starts.map { _ in 1 }
      guard axes.count == starts.count, steps.count == starts.count, !steps.contains(0), rank > 0 else {
        throw call.fails("does not say what to take")
      }
      return try starts.indices.reduce(input) { result, place in
        try slice(result, axis: axes[place], starts[place], ends[place], step: steps[place])
      }
    },
    "Pad": pad,
    "Trilu": { call in
      let name = try call.int("upper", 1) != 0 ? "triu" : "tril"
      return try aten(name, call.tensor(0), call.integers(1)?.first ?? 0)
    },
  ]

  /// The elements from a start to before an end, both counted from the end of the axis where negative, as in Python.
  @TorchActor static func slice(_ input: Tensor, axis: Int, _ start: Int, _ end: Int, step: Int = 1) throws -> Tensor {
    let length = input.shape[axis]
    func place(_ index: Int, _ range: ClosedRange<Int>) -> Int {
      min(max(index < 0 ? max(index, -length - 1) + length : index, range.lowerBound), range.upperBound)
    }
    if step > 0 {
      let first = place(start, 0...length)
      let last = max(first, place(end, 0...length))
      if first == 0, last == length, step == 1 { return input }
      // A longer step takes the first alone, too.
      return try aten("slice.Tensor", input, axis, first, last, min(step, length))
    }
    guard length > 0 else { return input }
    let places = stride(from: place(start, 0...length - 1), to: place(end, -1...length - 1), by: step)
    return try select(input, axis: axis, Array(places))
  }

  /// The elements at some places of an axis.
  @TorchActor static func select(_ input: Tensor, axis: Int, _ places: [Int]) throws -> Tensor {
    try aten("index_select", input, axis, list(places).to(input.device))
  }

  @TorchActor private static func pad(_ call: ONNXCall) throws -> Tensor {
    let input = try call.tensor(0)
    let rank = input.shape.count
    guard let given = try call.ints("pads") ?? call.ints("paddings") ?? call.integers(1) else {
      throw call.fails("does not say how much")
    }
    let axes = try (call.integers(3) ?? Array(0..<rank)).map { try call.axis($0, rank: rank) }
    guard given.count == 2 * axes.count else { throw call.fails("has \(given.count) widths for \(axes.count) axes") }
    var (before, after) = (Array(repeating: 0, count: rank), Array(repeating: 0, count: rank))
    for (place, axis) in axes.enumerated() { (before[axis], after[axis]) = (given[place], given[axes.count + place]) }
    _ = try call.check(
      (0..<rank).map { axis in
        guard max(before[axis].magnitude, after[axis].magnitude) < 1 << 30 else { return .max }
        return input.shape[axis] + before[axis] + after[axis]
      })
    let mode = try call.string("mode", "constant")
    if mode == "constant" {
      let value = try call.doubles(2)?.first ?? call.float("value", 0)
      // Both ends of the last axis come first.
      let widths = (0..<rank).reversed().flatMap { [before[$0], after[$0]] }
      let needed = widths.lastIndex { $0 != 0 }.map { $0 / 2 * 2 + 2 } ?? 0
      if needed == 0 { return input }
      return try aten("constant_pad_nd", input, Array(widths[..<needed]), value)
    }
    return try (0..<rank).reduce(input) { result, axis in
      let length = input.shape[axis]
      if before[axis] == 0, after[axis] == 0 { return result }
      guard length > 0 else { throw call.fails("repeats what is empty") }
      let places = (-before[axis]..<length + after[axis]).map { place in
        switch mode {
        case "edge": return min(max(place, 0), length - 1)
        case "wrap": return (place % length + length) % length
        default:
          let period = max(1, 2 * (length - 1))
          let folded = (place % period + period) % period
          return folded < length ? folded : period - folded
        }
      }
      guard ["edge", "wrap", "reflect"].contains(mode) else {
        throw call.fails("pads in the unknown mode “\(mode.plain)”")
      }
      return try select(result, axis: axis, places)
    }
  }
}
