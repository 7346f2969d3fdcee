import Foundation
import Tensors

extension ONNXOperators {
  static let activations: [String: Single] = [
    "Identity": { call in try call.tensor(0) },
    "LeakyRelu": { call in try aten("leaky_relu", call.tensor(0), call.float("alpha", 0.01)) },
    "Elu": { call in try aten("elu", call.tensor(0), call.float("alpha", 1)) },
    "Celu": { call in try aten("celu", call.tensor(0), call.float("alpha", 1)) },
    "Selu": { call in
      // Opsets 1 to 5 round the two numbers to four digits, which is near enough to be the same.
      let (alpha, gamma) = (try call.float("alpha", 1.6732631921768188), try call.float("gamma", 1.0507010221481323))
      if abs(alpha - 1.67326) < 1e-4, abs(gamma - 1.0507) < 1e-4 { return try aten("selu", call.tensor(0)) }
      return try aten("elu", call.tensor(0), alpha, gamma)
    },
    "Gelu": { call in try aten("gelu", call.tensor(0), call.string("approximate", "none")) },
    "Softsign": { call in
      let input = try call.tensor(0)
      return try input / (input.absolute() + 1)
    },
    "ThresholdedRelu": { call in try aten("threshold", call.tensor(0), call.float("alpha", 1), 0.0) },
    "Shrink": { call in
      let input = try call.tensor(0)
      let (bias, limit) = (try call.float("bias", 0), try call.float("lambd", 0.5))
      let shrunk = try aten("sub.Tensor", input, aten("sign", input) * bias)
      let isKept = try aten("gt.Scalar", input.absolute(), limit)
      return try aten("where.ScalarOther", isKept, shrunk, 0.0)
    },
    "HardSigmoid": { call in
      let input = try call.tensor(0)
      let (alpha, beta) = (try call.float("alpha", 0.2), try call.float("beta", 0.5))
      if abs(alpha - 1 / 6) < 1e-6, beta == 0.5 { return try aten("hardsigmoid", input) }
      return try aten("clamp", input * alpha + beta, 0.0, 1.0)
    },
    "Clip": clip,
    "Softmax": { try softmax($0, "softmax.int") },
    "LogSoftmax": { try softmax($0, "log_softmax.int") },
    "Hardmax": { call in
      let input = try call.tensor(0)
      guard call.node.version >= 13 else { throw call.fails("is older than opset 13") }
      let axis = try call.axis(call.int("axis", -1), rank: input.shape.count)
      let largest = try aten("argmax", input, axis, true)
      let zeros = try aten("zeros_like", input)
      return try aten("scatter.value", zeros, axis, largest, 1.0)
    },
  ]

  @TorchActor private static func clip(_ call: ONNXCall) throws -> Tensor {
    let input = try call.tensor(0)
    @TorchActor func limit(_ place: Int, _ name: String) throws -> Double? {
      if call.node.version >= 11 { return try call.doubles(place)?.first }
      return call.node.attributes[name] == nil ? nil : try call.float(name, 0)
    }
    let (low, high) = (try limit(1, "min"), try limit(2, "max"))
    if low == 0, high == 6 { return try aten("relu6", input) }
    if low == nil, high == nil { return input }
    func argument(_ number: Double?) -> Operator.Argument? {
      number.map { input.isFloatingPoint ? .double($0) : .int(Int(nearest: $0)) }
    }
    if low == 0, (high ?? .infinity) >= Double(Float.greatestFiniteMagnitude) { return try aten("relu", input) }
    return try aten("clamp", input, argument(low), argument(high))
  }

  /// Since opset 13 along one axis; before, along all from that one on.
  @TorchActor private static func softmax(_ call: ONNXCall, _ name: String) throws -> Tensor {
    let input = try call.tensor(0)
    let rank = input.shape.count
    let isOld = call.node.version < 13
    let axis = try call.axis(call.int("axis", isOld ? 1 : -1), rank: rank)
    guard isOld, axis < rank - 1, input.shape[(axis + 1)...].contains(where: { $0 != 1 }) else {
      return try aten(name, input, axis)
    }
    let flat = try aten("flatten.using_ints", input, axis, -1)
    let result = try aten(name, flat, axis)
    return try aten("reshape", result, input.shape)
  }
}

extension Int {
  /// The nearest whole number there is.
  init(nearest number: Double) {
    self = number.isNaN ? 0 : Int(exactly: number.rounded()) ?? (number < 0 ? .min : .max)
  }
}
