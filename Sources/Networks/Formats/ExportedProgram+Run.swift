import Files
import Foundation
import Tensors

extension ExportedProgram {
  /// One run through a graph, operator by operator.
  struct Run {
    let graph: ExportedSchema.Graph
    var values: [String: Operator.Argument]
    let device: Device
    /// Where the file was written for another number of images.
    var batch: FixedBatch?

    @TorchActor mutating func run() throws {
      for node in graph.nodes {
        let results = try results(of: node)
        let names = try node.outputs.flatMap(Self.names)
        guard results.count >= names.count else {
          throw ExportedProgramError.unsupported(
            operator: Self.shown(node.target), reason: "whose result is no tensor but a number that pixels decide")
        }
        for (name, result) in zip(names, results) {
          if let name { values[name] = result }
        }
      }
    }

    /// The names of what a node makes, one for each of its tensors; nil for one that has none.
    private static func names(of output: ExportedSchema.Argument) throws -> [String?] {
      switch output {
      case .value(let name): [name]
      case .tensors(let names): names
      case .none: [nil]
      default: throw ModelFileError.damaged("an operator's result has no name")
      }
    }

    static func shown(_ target: String) -> String {
      OperatorName(target).map { "the operator \($0.name)" } ?? "“\(target.plain)”"
    }

    @TorchActor private mutating func results(of node: ExportedSchema.Node) throws -> [Operator.Argument] {
      if node.target.hasPrefix("torch.ops.higher_order.") { return try higherOrder(node) }
      guard let name = OperatorName(node.target) else {
        return [try SymbolicArithmetic.result(of: node.target, node.inputs.map { try value($0.arg) })]
      }
      if name.checksOnly { return node.outputs.map { _ in .none } }
      var arguments: [(name: String, value: Operator.Argument)] = []
      for input in node.inputs { arguments.append((input.name, try value(input.arg))) }
      if let length = try name.length(arguments) { return [.int(length)] }
      batch?.adapt(&arguments, of: name, node, in: graph)
      return try Self.call(name, arguments).map { $0.map(Operator.Argument.tensor) ?? .none }
    }

    /// A value that a node is given, with names looked up.
    private func value(_ argument: ExportedSchema.Argument) throws -> Operator.Argument {
      switch argument {
      case .value(let name): return try named(name)
      case .tensors(let names):
        return .tensors(
          try names.map { name in
            guard let name else { return nil }
            switch try named(name) {
            case .tensor(let tensor): return tensor
            case .none: return nil
            default: throw ModelFileError.damaged("“\(name.plain)” is not a tensor")
            }
          })
      case .symbols(let symbols):
        return .ints(
          try symbols.map { symbol in
            if case .int(let number) = try value(symbol) { return number }
            let name = if case .value(let name) = symbol { name } else { "" }
            throw ModelFileError.damaged("“\(name.plain)” is not a whole number")
          })
      case .device: return .string(device.name)
      default: return try Self.constant(argument)
      }
    }

    private func named(_ name: String) throws -> Operator.Argument {
      guard let value = values[name] else {
        throw ModelFileError.damaged("“\(name.plain)” is used before it is made")
      }
      return value
    }

    /// A value that stands in the file itself.
    static func constant(_ argument: ExportedSchema.Argument) throws -> Operator.Argument {
      switch argument {
      case .none: return .none
      case .int(let number): return .int(number)
      case .double(let number): return .double(number)
      case .bool(let truth): return .bool(truth)
      case .string(let text): return .string(text)
      case .ints(let numbers): return .ints(numbers)
      case .doubles(let numbers): return .doubles(numbers)
      case .bools(let truths): return .bools(truths)
      case .elementType(let code):
        guard let type = ExportedType(code: code) else {
          throw ExportedProgramError.unusable("computes in an element type that is not used here (\(code))")
        }
        return .int(type.torchCode)
      case .memoryFormat(let code):
        // Contiguous, channels last, channels last in space, as it is: libtorch counts otherwise.
        guard let format = [1: 0, 2: 2, 3: 3, 4: 1][code] else {
          throw ExportedProgramError.unusable("asks for an unknown memory format (\(code))")
        }
        return .int(format)
      case .layout(let code):
        guard code == 7 else { throw ExportedProgramError.unusable("has sparse tensors") }
        return .int(0)
      case .other(let kind): throw ExportedProgramError.unusable("has a value of the kind “\(kind.plain)”")
      case .value, .tensors, .symbols, .device, .graph:
        throw ModelFileError.damaged("a value is of the wrong kind")
      }
    }

    // MARK: Graphs within the graph

    @TorchActor private func higherOrder(_ node: ExportedSchema.Node) throws -> [Operator.Argument] {
      let kind = node.target.dropFirst("torch.ops.higher_order.".count)
      let arguments = node.inputs.map(\.arg)
      let graphs = arguments.indices.filter { if case .graph = arguments[$0] { true } else { false } }
      switch (kind, graphs.count) {
      case ("wrap_with_set_grad_enabled", 1):
        let results = try inner(arguments[graphs[0]], arguments[(graphs[0] + 1)...].map(value))
        guard case .bool(false) = arguments[0] else { return results }
        return try results.map { result in
          guard case .tensor(let tensor) = result else { return result }
          return .tensor(try tensor.detached())
        }
      case ("wrap_with_autocast", 1): return try inner(arguments[graphs[0]], arguments[(graphs[0] + 1)...].map(value))
      // The graph and its name go before what it is given.
      case ("invoke_subgraph", 1): return try inner(arguments[graphs[0]], arguments.dropFirst(graphs[0] + 2).map(value))
      case ("cond", 2):
        guard case .bool(let truth) = try value(arguments[0]),
          case .tensors(let operands) = try arguments.last.map(value)
        else {
          fallthrough
        }
        return try inner(arguments[graphs[truth ? 0 : 1]], operands.map { $0.map(Operator.Argument.tensor) ?? .none })
      default:
        throw ExportedProgramError.unsupported(
          operator: "torch.\(kind.plain)", reason: "a part of it whose course pixels may decide")
      }
    }

    @TorchActor private func inner(
      _ argument: ExportedSchema.Argument, _ given: [Operator.Argument]
    ) throws -> [Operator.Argument] {
      guard case .graph(let graph) = argument else { throw ModelFileError.damaged("a value is of the wrong kind") }
      let names = try graph.inputs.flatMap(Self.names)
      guard names.count == given.count else { throw ModelFileError.damaged("a part of the graph has too few inputs") }
      var run = Run(graph: graph, values: [:], device: device, batch: batch)
      for (name, value) in zip(names, given) {
        if let name { run.values[name] = value }
      }
      try run.run()
      return try graph.outputs.flatMap { output -> [Operator.Argument] in
        if case .tensors(let tensors) = try run.value(output) {
          return tensors.map { $0.map(Operator.Argument.tensor) ?? .none }
        }
        return [try run.value(output)]
      }
    }
  }
}
