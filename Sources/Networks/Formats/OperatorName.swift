import Files
import Tensors

/// An operator's name as `torch.export` writes it, such as `torch.ops.aten.add.Tensor`.
struct OperatorName {
  /// Such as `aten::add`.
  let name: String
  /// Empty for the one that PyTorch calls `default`.
  let overload: String

  /// - Returns: nil for what is no operator of a library but Python's arithmetic.
  init?(_ target: String) {
    let parts = target.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0] == "torch", parts[1] == "ops" else { return nil }
    name = "\(parts[2])::\(parts[3])"
    overload = parts[4] == "default" ? "" : String(parts[4])
  }

  /// Whether the result overwrites the first argument, such as that of `relu_`.
  var writesIntoInput: Bool { name.hasSuffix("_") && !name.hasSuffix("__") }

  /// Whether it does nothing but make sure of something that has been seen to when the file was written.
  var checksOnly: Bool {
    ["aten::_assert", "aten::sym_constrain_range", "aten::_functional_sym_constrain", "aten::_functional_assert"]
      .contains { name.hasPrefix($0) }
  }

  /// The number that the operator answers about a tensor's shape; nil for any other operator.
  func length(_ arguments: [(name: String, value: Operator.Argument)]) throws -> Int? {
    guard ["aten::sym_size", "aten::size", "aten::sym_numel", "aten::numel"].contains(name) else { return nil }
    guard case .tensor(let tensor) = arguments.first?.value else {
      throw ModelFileError.damaged("a size is of no tensor")
    }
    if name.hasSuffix("numel") { return tensor.count }
    guard arguments.count == 2, case .int(let axis) = arguments[1].value else { return nil }
    let shape = tensor.shape
    let place = axis < 0 ? axis + shape.count : axis
    guard shape.indices.contains(place) else { throw ModelFileError.damaged("a size is of an axis that is not there") }
    return shape[place]
  }
}

extension ExportedProgram.Run {
  typealias Arguments = [(name: String, value: Operator.Argument)]

  /// Calls an operator, or what an older libtorch has in its stead.
  @TorchActor static func call(_ name: OperatorName, _ arguments: Arguments) throws -> [Tensor?] {
    if let results = try Composition.results(of: name, arguments) { return results }
    let found = try Operator(name.name, overload: name.overload)
    return try found(fitted(arguments, to: found))
  }

  /// Arguments as this libtorch knows them: those that it lacks are left out where they change nothing.
  @TorchActor private static func fitted(_ arguments: Arguments, to found: Operator) throws -> Arguments {
    let known = found.argumentNames
    let named = Set(arguments.map(\.name))
    return try arguments.enumerated().compactMap { place, argument in
      if known.contains(argument.name) { return argument }
      switch argument.value {
      case .none, .bool(false): return nil
      default: break
      }
      // The same argument under an older name.
      guard known.indices.contains(place), !named.contains(known[place]) else {
        throw ExportedProgramError.unsupported(
          operator: "the operator \(found.name) with “\(argument.name.plain)”",
          reason: "which libtorch \(Torch.version) does not know; build with a newer libtorch")
      }
      return (known[place], argument.value)
    }
  }
}
