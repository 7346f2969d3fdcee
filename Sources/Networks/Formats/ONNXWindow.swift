import Files
import Tensors

/// Where a convolution or a pool looks: its kernel and the padding of each of the axes behind [N, C].
@TorchActor struct Window {
  let kernel: [Int]
  let strides: [Int]
  let dilations: [Int]
  let before: [Int]
  let after: [Int]

  /// - Parameters:
  ///   - kernel: of the weights; nil where an attribute says it.
  ///   - isTransposed: of a transposed convolution.
  init(_ call: ONNXCall, _ input: Tensor, kernel weights: [Int]?, isTransposed: Bool = false) throws {
    let axes = input.shape.count - 2
    @TorchActor func list(_ name: String, _ count: Int, _ standard: Int, from least: Int) throws -> [Int] {
      let list = try call.ints(name) ?? Array(repeating: standard, count: count)
      guard list.count == count, list.allSatisfy({ least...(1 << 20) ~= $0 }) else {
        throw ONNXError.damaged("the attribute “\(name)” of an operator \(call.title) is \(list) for \(axes) axes")
      }
      return list
    }
    guard 1...3 ~= axes else { throw call.fails("is given a tensor of the shape \(input.shape)") }
    let kernel = try weights ?? list("kernel_shape", axes, 0, from: 1)
    guard kernel.count == axes else {
      throw ONNXError.damaged("an operator \(call.title) has a kernel \(kernel) for \(axes) axes")
    }
    self.kernel = kernel
    let strides = try list("strides", axes, 1, from: 1)
    let dilations = try list("dilations", axes, 1, from: 1)
    (self.strides, self.dilations) = (strides, dilations)
    let mode = try call.string("auto_pad", "NOTSET")
    switch mode {
    case "NOTSET", "":
      let pads = try list("pads", 2 * axes, 0, from: 0)
      (before, after) = (Array(pads[..<axes]), Array(pads[axes...]))
    case "VALID":
      (before, after) = (Array(repeating: 0, count: axes), Array(repeating: 0, count: axes))
    case "SAME_UPPER", "SAME_LOWER":
      let totals = (0..<axes).map { axis in
        let (length, stride, reach) = (input.shape[axis + 2], strides[axis], dilations[axis] * (kernel[axis] - 1) + 1)
        let outside = isTransposed ? reach - stride : ((length + stride - 1) / stride - 1) * stride + reach - length
        return max(0, outside)
      }
      // The odd one comes last for UPPER, and first for LOWER.
      let smaller = totals.map { $0 / 2 }
      let larger = zip(totals, smaller).map { $0 - $1 }
      (before, after) = mode == "SAME_UPPER" ? (smaller, larger) : (larger, smaller)
    default: throw ONNXError.damaged("an operator \(call.title) has the unknown padding “\(mode.plain)”")
    }
    let lengths = (0..<axes).map { axis in
      let length = input.shape[axis + 2]
      return isTransposed
        ? max(0, length - 1) * strides[axis] + dilations[axis] * (kernel[axis] - 1) + 1
        : length + before[axis] + after[axis]
    }
    _ = try call.check(input.shape.prefix(2) + lengths)
  }

  func padded(_ input: Tensor, with value: Double) throws -> Tensor {
    let pads = zip(before, after).reversed().flatMap { [$0, $1] }
    return try aten("constant_pad_nd", input, pads, value)
  }

  /// Whether libtorch's pools take the padding: the same on both sides, and at most half of the kernel.
  var suitsPools: Bool { before == after && zip(before, kernel).allSatisfy { 2 * $0 <= $1 } }
}

extension ONNXOperators {
  static let pools: [String: Single] = [
    "AveragePool": averagePool,
    "MaxPool": maxPool,
    "GlobalAveragePool": { call in
      let input = try call.tensor(0)
      if input.shape.count == 4 { return try aten("adaptive_avg_pool2d", input, [1, 1]) }
      return try input.mean(Array(2..<max(3, input.shape.count)), keepingAxes: true)
    },
    "GlobalMaxPool": { call in
      let input = try call.tensor(0)
      return try aten("amax", input, Array(2..<max(3, input.shape.count)), true)
    },
    "LpPool": { call in
      let input = try call.tensor(0)
      let window = try Window(call, input, kernel: nil)
      let p = try call.int("p", 2)
      guard p > 0, window.dilations.allSatisfy({ $0 == 1 }), try call.int("ceil_mode", 0) == 0 else {
        throw call.fails("is dilated or rounds up")
      }
      let powers = try aten("pow.Tensor_Scalar", input.absolute(), p)
      let mean = try aten(
        "avg_pool\(window.kernel.count)d", window.padded(powers, with: 0), window.kernel, window.strides)
      let sum = try mean * Double(window.kernel.reduce(1, *))
      return try aten("pow.Tensor_Scalar", sum, 1 / Double(p))
    },
  ]

  @TorchActor private static func maxPool(_ call: ONNXCall) throws -> Tensor {
    var input = try call.tensor(0)
    let window = try Window(call, input, kernel: nil)
    var padding = window.before
    if !window.suitsPools {
      input = try window.padded(input, with: -.infinity)
      padding = padding.map { _ in 0 }
    }
    return try aten(
      "max_pool\(window.kernel.count)d", input, window.kernel, window.strides, padding, window.dilations,
      call.int("ceil_mode", 0) != 0)
  }

  @TorchActor private static func averagePool(_ call: ONNXCall) throws -> Tensor {
    let input = try call.tensor(0)
    let window = try Window(call, input, kernel: nil)
    guard window.dilations.allSatisfy({ $0 == 1 }) else { throw call.fails("averages over a dilated window") }
    let countsPadding = try call.int("count_include_pad", 0) != 0
    let roundsUp = try call.int("ceil_mode", 0) != 0
    @TorchActor func average(_ tensor: Tensor, _ padding: [Int]) throws -> Tensor {
      try aten(
        "avg_pool\(window.kernel.count)d", tensor, window.kernel, window.strides, padding, roundsUp, countsPadding)
    }
    if window.suitsPools { return try average(input, window.before) }
    let none = window.before.map { _ in 0 }
    let mean = try average(window.padded(input, with: 0), none)
    if countsPadding { return mean }
    // The share of each window that lies within the image.
    let ones = try aten("ones_like", slice(slice(input, axis: 0, 0, 1), axis: 1, 0, 1))
    return try mean / average(window.padded(ones, with: 0), none)
  }
}
