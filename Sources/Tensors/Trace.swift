import CTorch

/// The operators that a computation consists of, as noted while it ran once.
public struct Trace {
  /// A call of an operator.
  public struct Call {
    /// Such as `aten::conv2d`. An operator that overwrites its input counts as the one that does not.
    public let name: String
    public let overload: String
    public let arguments: [(name: String, value: Argument)]
  }

  /// Where a tensor comes from.
  public enum Source: Hashable, Sendable {
    case input
    /// The place among the results of a call, by its index in ``Trace/calls``.
    case call(Int, result: Int)
    /// An index in ``Trace/constants``.
    case constant(Int)
  }

  /// A value that an operator was given, with tensors by their sources.
  public typealias Argument = Given<Source>

  /// In the order in which they ran; only those that lead from the input to the answer.
  public let calls: [Call]
  /// The tensors that do not depend on the input: weights and what was computed of them alone.
  public let constants: [Tensor]
  public let answer: Source
  /// The scalars in all results that took memory of their own.
  public let elements: Int

  /// Runs a computation without recording gradients, and notes the operators that it asks for itself.
  ///
  /// - Throws: what `body` throws; ``TorchError`` when it cannot be noted: where numbers decide its course, or it writes into
  ///   a part of a tensor that is used afterwards.
  @TorchActor public static func of(_ input: Tensor, _ body: (Tensor) throws -> Tensor) throws -> Trace {
    try Torch.withoutGradient {
      let out = try made("noting what is computed") { ct_trace_begin(input.handle, $0) }
      defer { ct_trace_free(out) }
      let answer: Tensor
      do { answer = try body(input) } catch {
        ct_error_free(ct_trace_end(out, nil))
        throw error
      }
      try check(ct_trace_end(out, answer.handle), "noting what is computed")
      return try Trace(out)
    }
  }

  private init(_ trace: OpaquePointer) throws {
    calls = (0..<ct_trace_count(trace)).map { index in
      Call(
        name: String(cString: ct_trace_operator(trace, index)),
        overload: String(cString: ct_trace_overload(trace, index)),
        arguments: (0..<ct_trace_argument_count(trace, index)).map { argument in
          let value = ct_trace_argument(trace, index, argument)
          return (String(cString: value.name), Argument(value))
        })
    }
    constants = try (0..<ct_trace_constant_count(trace)).map { index in
      try Tensor("noting what is computed") { ct_trace_constant(trace, index, $0) }
    }
    var place: [Int64] = [0, 0]
    ct_trace_answer(trace, &place)
    answer = Source(place[0], place[1]) ?? .input
    elements = Int(ct_trace_elements(trace))
  }
}

extension Trace.Source {
  fileprivate init?(_ results: Int64, _ index: Int64) {
    switch results {
    case 0: self = .input
    case -1: self = .constant(Int(index))
    case -2: return nil
    default: self = .call(Int(results) - 1, result: Int(index))
    }
  }
}

extension Given<Trace.Source> {
  fileprivate init(_ value: CTArgument) {
    func integers() -> [Int] { (0..<value.count).map { Int(value.integers[$0]) } }
    func sources() -> [Trace.Source?] {
      (0..<value.count).map { Trace.Source(value.integers[2 * $0], value.integers[2 * $0 + 1]) }
    }
    switch value.kind {
    case CT_GIVEN_TENSOR: self = sources()[0].map(Self.tensor) ?? .none
    case CT_GIVEN_TENSORS: self = .tensors(sources())
    case CT_GIVEN_INT: self = .int(Int(value.integer))
    case CT_GIVEN_DOUBLE: self = .double(value.number)
    case CT_GIVEN_BOOL: self = .bool(value.integer != 0)
    case CT_GIVEN_STRING: self = .string(String(cString: value.text))
    case CT_GIVEN_INTS: self = .ints(integers())
    case CT_GIVEN_DOUBLES: self = .doubles((0..<value.count).map { value.numbers[$0] })
    case CT_GIVEN_BOOLS: self = .bools(integers().map { $0 != 0 })
    default: self = .none
    }
  }
}

extension Tensor {
  /// The same for handles on one tensor, and for no others as long as it lives.
  public var identity: UInt { ct_identity(handle) }
}
