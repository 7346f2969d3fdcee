import Tensors

/// Shapes in a graph that was written for one number of images, made those for another.
///
/// Which axis has the images, alone or together with what an image is divided into (windows, heads), is seen where a tensor's
/// shape differs from the one that the file states for it. What lies before the images, in earlier axes and in this one, does so
/// in the new shape, too.
struct FixedBatch {
  /// The number of images that the file is for.
  let size: Int
  /// The number of images that there are.
  let images: Int

  /// How many parts of the axis that has the images lie before them, by the tensor's name; 1 where it is not here.
  var before: [String: Int] = [:]

  /// Changes the argument of an operator that is a shape.
  mutating func adapt(
    _ arguments: inout [(name: String, value: Operator.Argument)], of name: OperatorName, _ node: ExportedSchema.Node,
    in graph: ExportedSchema.Graph
  ) {
    inherit(node)
    guard case .tensor(let input) = arguments.first?.value, case .value(let source) = node.inputs[0].arg,
      let recorded = graph.tensorValues[source]?.shape,
      let place = arguments.firstIndex(where: { if case .ints = $0.value { true } else { false } }),
      case .ints(var shape) = arguments[place].value, !shape.isEmpty
    else { return }
    switch name.name {
    case "aten::view", "aten::reshape", "aten::_unsafe_view", "aten::view_copy", "aten::_reshape_alias":
      guard case .value(let result) = node.outputs.first, let target = graph.tensorValues[result]?.shape else { return }
      guard let (grown, before) = reshaped(target, from: input.shape, recorded, before[source] ?? 1) else { return }
      shape = grown
      self.before[result] = before
    case "aten::unflatten":
      guard case .int(let axis) = arguments.first(where: { $0.name == "dim" })?.value, shape[0] > 0 else { return }
      let (now, before) = (input.shape, recorded)
      let index = axis < 0 ? axis + before.count : axis
      guard now.count == before.count, before.indices.contains(index), before[index] > 0 else { return }
      let (grown, overflow) = shape[0].multipliedReportingOverflow(by: now[index])
      if !overflow { shape[0] = grown / before[index] }
    case "aten::expand", "aten::expand_copy": shape = expanded(shape, from: input.shape, recorded)
    case "aten::repeat", "aten::tile":
      // What does not depend on the images is repeated for each of them.
      let length = shape.count > recorded.count ? 1 : recorded.first ?? 1
      let isFixed = shape.count > recorded.count || input.shape.first == length
      if isFixed, length > 0, shape[0] == size / length, images % length == 0 { shape[0] = images / length }
    default: return
    }
    arguments[place].value = .ints(shape)
  }

  /// What an operator makes of a tensor has its images where that has them.
  private mutating func inherit(_ node: ExportedSchema.Node) {
    for input in node.inputs {
      guard case .value(let name) = input.arg, let parts = before[name] else { continue }
      for case .value(let result) in node.outputs { before[result] = parts }
      return
    }
  }

  /// - Returns: nil where the tensor has the shape that the file states, or where it cannot be seen how it goes on.
  private func reshaped(
    _ target: [Int], from now: [Int], _ recorded: [Int], _ before: Int
  ) -> (shape: [Int], before: Int)? {
    guard now.count == recorded.count, let axis = now.indices.first(where: { now[$0] != recorded[$0] }),
      recorded[axis] > 0
    else { return nil }
    let outer = recorded[..<axis].reduce(before, &*)
    // The products of the lengths before each axis.
    let products = target.reduce(into: [1]) { $0.append($0[$0.count - 1] &* $1) }
    guard var place = target.indices.last(where: { products[$0] <= outer }), !target.contains(0) else { return nil }
    place = target.indices.first { products[$0] == outer } ?? place
    // The last axis has the channels.
    if place == target.count - 1, place > 0, products[place] == outer { place -= 1 }
    let (grown, overflow) = target[place].multipliedReportingOverflow(by: now[axis])
    guard !overflow, grown % recorded[axis] == 0, products[place] > 0, outer % products[place] == 0
    else { return nil }
    var shape = target
    shape[place] = grown / recorded[axis]
    return (shape, outer / products[place])
  }

  private func expanded(_ shape: [Int], from input: [Int], _ recorded: [Int]) -> [Int] {
    let added = shape.count - input.count
    guard added >= 0 else { return shape }
    var result = shape
    if input == recorded {
      // What does not depend on the images is repeated for each of them.
      let axis = shape.indices.first { shape[$0] == size && ($0 < added || input[$0 - added] == 1) }
      if let axis { result[axis] = images }
    } else {
      for (axis, length) in input.enumerated() where length != 1 { result[axis + added] = length }
    }
    return result
  }
}
