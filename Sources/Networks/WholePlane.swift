import Foundation
import Tensors

/// A convolution each of whose windows covers the whole input plane, as those of 3×3 do at the end of networks for small
/// images, where planes have 1×1 or 2×2 places.
///
/// It is a linear layer from all places and channels to all places and channels, without waste: with input places i and
/// output places o, W'[o, O, i, C] = W[O, C, i − stride·o + padding]. A matrix product computes it several times as fast as
/// kernels that are made for large planes.
struct WholePlane {
  let height: Int
  let width: Int
  let outputHeight: Int
  let outputWidth: Int
  let stride: Int
  let padding: Int

  /// - Returns: nil when some window misses a place.
  init?(_ input: [Int], kernel: [Int], _ call: Graph.Convolution) {
    guard call.groups == 1, call.dilation == [1, 1], call.stride[0] == call.stride[1],
      call.padding[0] == call.padding[1], input.count == 4
    else { return nil }
    self.init(input, kernel: kernel, stride: call.stride[0], padding: call.padding[0])
  }

  init?(_ input: [Int], kernel: [Int], stride: Int, padding: Int) {
    (height, width) = (input[2], input[3])
    (self.stride, self.padding) = (stride, padding)
    func places(_ size: Int, _ kernel: Int) -> Int? {
      guard size + 2 * padding >= kernel else { return nil }
      let count = (size + 2 * padding - kernel) / stride + 1
      return (count - 1) * stride <= padding && kernel - padding >= size ? count : nil
    }
    guard let rows = places(height, kernel[2]), let columns = places(width, kernel[3]) else { return nil }
    (outputHeight, outputWidth) = (rows, columns)
  }

  /// The linear layer's weight [o·O, i·C] of the convolution's [O, C, k, k].
  @TorchActor func weight(_ weight: Tensor) throws -> Tensor {
    let shape = weight.shape
    let channelsLast = try weight.permuted([0, 2, 3, 1])
    var rows: [Tensor] = []
    for y in 0..<outputHeight {
      for x in 0..<outputWidth {
        let (top, left) = (padding - stride * y, padding - stride * x)
        let seen = try channelsLast.slice(axis: 1, top..<top + height).slice(axis: 2, left..<left + width)
        rows.append(try seen.reshaped([shape[0], height * width * shape[1]]))
      }
    }
    return rows.count == 1 ? try rows[0].contiguous() : try Tensor.concatenate(rows)
  }

  /// [o·O] of [O].
  @TorchActor func bias(_ bias: Tensor) throws -> Tensor {
    try Tensor.concatenate([Tensor](repeating: bias, count: outputHeight * outputWidth))
  }

  /// [N, O, H', W'] of [N, C, H, W], by what ``weight(_:)`` and ``bias(_:)`` made; channels last, as they come out.
  @TorchActor func run(_ input: Tensor, weight: Tensor, bias: Tensor?) throws -> Tensor {
    let count = input.shape[0]
    return try input.permuted([0, 2, 3, 1]).reshaped([count, -1]).linear(weight: weight, bias: bias)
      .reshaped([count, outputHeight, outputWidth, -1]).permuted([0, 3, 1, 2])
  }
}

/// What was made of a network's weights once and for all. Locked, because several threads may ask at once
/// (``TorchActor/concurrently(_:threads:_:)``).
@TorchActor final class PreparedWeights {
  private let lock = NSLock()
  private var found: [String: (weight: Tensor, bias: Tensor?)] = [:]

  nonisolated init() {}

  func prepared(
    _ key: String, _ make: () throws -> (weight: Tensor, bias: Tensor?)
  ) rethrows -> (weight: Tensor, bias: Tensor?) {
    try lock.withLock {
      if let ready = found[key] { return ready }
      let made = try make()
      found[key] = made
      return made
    }
  }
}
