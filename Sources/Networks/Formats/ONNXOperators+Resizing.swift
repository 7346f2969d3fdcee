import Files
import Foundation
import Tensors

extension ONNXOperators {
  static let resizing: [String: Single] = ["Resize": resize, "Upsample": resize]

  /// What Resize asks of an axis.
  private struct Axis {
    let length: Int
    let wanted: Int
    let scale: Double
  }

  private struct Manner {
    var mode = "nearest"
    var coordinates = "half_pixel"
    var rounding = "round_prefer_floor"
    var cubic = -0.75
    var excludesOutside = false
    var antialiases = false
  }

  @TorchActor private static func resize(_ call: ONNXCall) throws -> Tensor {
    let input = try call.tensor(0)
    var manner = Manner()
    manner.mode = try call.string("mode", "nearest")
    if call.node.type == "Upsample" || call.node.version < 11 {
      (manner.coordinates, manner.rounding) = ("asymmetric", "floor")
    } else {
      manner.coordinates = try call.string("coordinate_transformation_mode", manner.coordinates)
      manner.rounding = try call.string("nearest_mode", manner.rounding)
      manner.cubic = try call.float("cubic_coeff_a", -0.75)
      manner.excludesOutside = try call.int("exclude_outside", 0) != 0
      manner.antialiases = try call.int("antialias", 0) != 0
    }
    guard ["nearest", "linear", "cubic"].contains(manner.mode) else {
      throw call.fails("resizes in the unknown mode “\(manner.mode.plain)”")
    }
    let axes = try axes(of: call, input)
    if input.shape.count == 4, axes[0].scale == 1, axes[1].scale == 1, let result = try whole(input, axes, manner) {
      return result
    }
    return try axes.indices.reduce(input) { result, axis in
      axes[axis].wanted == axes[axis].length && axes[axis].scale == 1
        ? result : try resized(result, axis, axes[axis], manner, call)
    }
  }

  @TorchActor private static func axes(of call: ONNXCall, _ input: Tensor) throws -> [Axis] {
    let shape = input.shape
    let isOld = call.node.version < 11 || call.node.type == "Upsample"
    let places = try (call.ints("axes") ?? Array(shape.indices)).map { try call.axis($0, rank: shape.count) }
    var axes = shape.map { Axis(length: $0, wanted: $0, scale: 1) }
    let sizes = isOld ? nil : try call.integers(3)
    let scales = try call.doubles(isOld ? 1 : 2) ?? call.floats("scales")?.map(Double.init)
    if let sizes, !sizes.isEmpty {
      guard sizes.count == places.count, sizes.allSatisfy({ 1...1 << 20 ~= $0 }), !shape.contains(0) else {
        throw call.fails("asks for the size \(sizes)")
      }
      var ratios = zip(places, sizes).map { Double($1) / Double(shape[$0]) }
      let policy = try call.string("keep_aspect_ratio_policy", "stretch")
      if policy != "stretch", let ratio = policy == "not_larger" ? ratios.min() : ratios.max() {
        ratios = ratios.map { _ in ratio }
      }
      for (index, place) in places.enumerated() {
        let wanted =
          policy == "stretch"
          ? sizes[index] : Int((ratios[index] * Double(shape[place])).rounded(.toNearestOrAwayFromZero))
        axes[place] = Axis(length: shape[place], wanted: wanted, scale: ratios[index])
      }
      // For the images' number, which a file for one image repeats.
      if call.batch.isFixed, places.contains(0) { axes[0] = Axis(length: shape[0], wanted: shape[0], scale: 1) }
    } else {
      guard let scales, scales.count == places.count, scales.allSatisfy({ $0 > 0 && $0 < 65536 }) else {
        throw call.fails("names no scales")
      }
      for (place, scale) in zip(places, scales) {
        axes[place] = Axis(
          length: shape[place], wanted: Int((Double(shape[place]) * scale).rounded(.down)), scale: scale)
      }
    }
    _ = try call.check(axes.map(\.wanted))
    guard axes.allSatisfy({ 1...1 << 20 ~= $0.wanted }) else {
      throw call.fails("makes images of \(axes.map(\.wanted))")
    }
    return axes
  }

  /// By libtorch's own operator, where it does the same.
  @TorchActor private static func whole(_ input: Tensor, _ axes: [Axis], _ manner: Manner) throws -> Tensor? {
    guard !manner.excludesOutside, !manner.antialiases, manner.cubic == -0.75 else { return nil }
    let size = [axes[2].wanted, axes[3].wanted]
    // Where the scale is not the ratio of the sizes, libtorch is told it.
    func scale(_ axis: Int) -> Double? {
      axes[axis].scale == Double(axes[axis].wanted) / Double(axes[axis].length) ? nil : axes[axis].scale
    }
    if manner.mode == "nearest" {
      guard manner.coordinates == "asymmetric", manner.rounding == "floor" else { return nil }
      return try aten("upsample_nearest2d", input, size, scale(2), scale(3))
    }
    let aligns = manner.coordinates == "align_corners"
    let halves = manner.coordinates == "half_pixel" || manner.coordinates == "pytorch_half_pixel" && !size.contains(1)
    guard aligns || halves else { return nil }
    return try aten(
      manner.mode == "linear" ? "upsample_bilinear2d" : "upsample_bicubic2d", input, size, aligns,
      aligns ? nil : scale(2), aligns ? nil : scale(3))
  }

  /// One axis by a matrix [wanted, length], or by places.
  @TorchActor private static func resized(
    _ input: Tensor, _ axis: Int, _ size: Axis, _ manner: Manner, _ call: ONNXCall
  ) throws -> Tensor {
    let coordinates = try (0..<size.wanted).map { try coordinate(Double($0), size, manner, call) }
    if manner.mode == "nearest" {
      let places = coordinates.map { place in
        let rounded =
          switch manner.rounding {
          case "floor": place.rounded(.down)
          case "ceil": place.rounded(.up)
          case "round_prefer_ceil": (place + 0.5).rounded(.down)
          default: (place - 0.5).rounded(.up)
          }
        return min(max(Int(nearest: rounded), 0), size.length - 1)
      }
      return try select(input, axis: axis, places)
    }
    _ = try call.check([size.wanted, size.length])
    var matrix = [Float](repeating: 0, count: size.wanted * size.length)
    for (row, coordinate) in coordinates.enumerated() {
      for (place, weight) in weights(coordinate, size, manner) { matrix[row * size.length + place] += Float(weight) }
    }
    let last = input.shape.count - 1
    var order = Array(input.shape.indices)
    order.swapAt(axis, last)
    let weight = try Tensor(matrix, shape: [size.wanted, size.length]).to(input.type ?? .float32, input.device)
    let result = try aten("matmul", input.permuted(order), weight.permuted([1, 0]))
    return try result.permuted(order)
  }

  /// Where a place of the result lies in the input.
  private static func coordinate(_ place: Double, _ axis: Axis, _ manner: Manner, _ call: ONNXCall) throws -> Double {
    let (length, wanted) = (Double(axis.length), Double(axis.wanted))
    switch manner.coordinates {
    case "half_pixel": return (place + 0.5) / axis.scale - 0.5
    case "pytorch_half_pixel": return wanted > 1 ? (place + 0.5) / axis.scale - 0.5 : 0
    case "half_pixel_symmetric":
      let adjustment = wanted / (axis.scale * length)
      return length / 2 * (1 - adjustment) + (place + 0.5) / axis.scale - 0.5
    case "asymmetric": return place / axis.scale
    case "align_corners": return wanted > 1 ? place * (length - 1) / (wanted - 1) : 0
    default: throw ONNXError.unsupported("has an operator Resize with the coordinates “\(manner.coordinates.plain)”")
    }
  }

  /// The places that a result is made of, with weights that sum to 1.
  private static func weights(_ coordinate: Double, _ axis: Axis, _ manner: Manner) -> [(Int, Double)] {
    let isCubic = manner.mode == "cubic"
    let stretch = manner.antialiases ? max(1, 1 / axis.scale) : 1
    let reach = (isCubic ? 2 : 1) * stretch
    let a = manner.cubic
    func kernel(_ distance: Double) -> Double {
      let x = abs(distance) / stretch
      guard isCubic else { return max(0, 1 - x) }
      if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }
    let first = Int(nearest: (coordinate - reach).rounded(.up))
    let last = Int(nearest: (coordinate + reach).rounded(.down))
    var weights = (first...max(first, last)).map { ($0, kernel(Double($0) - coordinate)) }
    if manner.excludesOutside { weights = weights.filter { 0..<axis.length ~= $0.0 } }
    let sum = weights.map(\.1).reduce(0, +)
    return weights.map { (min(max($0.0, 0), axis.length - 1), sum == 0 ? 0 : $0.1 / sum) }
  }
}
