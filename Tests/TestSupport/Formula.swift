import Networks
import Tensors

/// The numbers that the fixtures are made from; `Tests/Fixtures/formula.py` says the same in Python.
public enum Formula {
  /// Number `index` of stream `stream`, in [0, 1).
  public static func unit(_ stream: Int, _ index: Int) -> Double {
    var z = UInt64(stream) << 32 &+ UInt64(index) &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Double(z >> 11) / 9_007_199_254_740_992
  }

  /// A float32 tensor whose element i is `scale · unit(stream, i) + offset`.
  @TorchActor public static func tensor(
    _ stream: Int, _ shape: [Int], scale: Double = 1, offset: Double = 0
  ) throws -> Tensor {
    let count = shape.reduce(1, *)
    // A bare loop: a network has millions of weights, and tests are built without optimisation.
    let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      var index = 0
      while index < count {
        buffer[index] = Float(scale * unit(stream, index) + offset)
        index += 1
      }
      initialized = count
    }
    return try Tensor(values, shape: shape)
  }

  /// In [−1, 1).
  @TorchActor public static func signed(_ stream: Int, _ shape: [Int]) throws -> Tensor {
    try tensor(stream, shape, scale: 2, offset: -1)
  }

  /// The weights of a network's parameter at position `stream`.
  @TorchActor public static func parameter(_ stream: Int, _ parameter: Graph.Parameter) throws -> Tensor {
    switch parameter.role {
    case .convolutionWeight, .linearWeight, .position:
      let sums = parameter.role == .position ? parameter.shape.reduce(1, *) : parameter.fanIn
      let bound = 1.5 * (3 / Double(sums)).squareRoot()
      return try tensor(stream, parameter.shape, scale: 2 * bound, offset: -bound)
    case .bias, .shift, .runningMean, .other: return try tensor(stream, parameter.shape, scale: 0.4, offset: -0.2)
    case .scale, .runningVariance: return try tensor(stream, parameter.shape, offset: 0.5)
    }
  }
}
