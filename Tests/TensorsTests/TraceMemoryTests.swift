import Tensors
import Testing

/// Tensors that are written into while a computation is noted.
@Suite @TorchActor struct TraceMemoryTests {
  @discardableResult private func call(
    _ name: String, overload: String = "", _ arguments: [(name: String, value: Operator.Argument)]
  ) throws -> Tensor {
    try #require(try Operator("aten::\(name)", overload: overload)(arguments)[0])
  }

  private func rows(_ tensor: Tensor, _ range: Range<Int>) throws -> Tensor {
    try call(
      "slice", overload: "Tensor",
      [
        ("self", .tensor(tensor)), ("dim", .int(0)), ("start", .int(range.lowerBound)), ("end", .int(range.upperBound)),
      ])
  }

  @Test("a mask that takes its type from the input and is filled part by part is a constant")
  func mask() throws {
    let input = try Tensor(repeating: 2, shape: [3, 4, 2])
    let trace = try Trace.of(input) { input in
      let mask = try call("new_zeros", [("self", .tensor(input)), ("size", .ints([4, 2]))])
      try call("fill_", overload: "Scalar", [("self", .tensor(rows(mask, 0..<1))), ("value", .int(1))])
      try call("fill_", overload: "Scalar", [("self", .tensor(rows(mask, 2..<4))), ("value", .int(5))])
      return try input * mask
    }
    #expect(trace.calls.map(\.name) == ["aten::mul"])
    #expect(try trace.constants.map { try $0.floats() } == [[1, 1, 0, 0, 5, 5, 5, 5]])
  }

  @Test("zeros in the shape of the batch are made for each input")
  func batch() throws {
    let trace = try Trace.of(Tensor(repeating: 2, shape: [3, 4])) { input in
      try input + call("new_zeros", [("self", .tensor(input)), ("size", .ints([3, 4]))])
    }
    #expect(trace.calls.map(\.name) == ["aten::new_zeros", "aten::add"])
  }

  @Test("a constant that is written into between two uses has its numbers of each time")
  func overwritten() throws {
    let weight = try Tensor([1, 2] as [Float], shape: [2])
    let trace = try Trace.of(Tensor(repeating: 3, shape: [3, 2])) { input in
      let first = try input + weight
      try call("add_", overload: "Scalar", [("self", .tensor(rows(weight, 0..<1))), ("other", .int(10))])
      return try first * weight
    }
    #expect(trace.calls.map(\.name) == ["aten::add", "aten::mul"])
    #expect(try trace.constants.map { try $0.floats() } == [[1, 2], [11, 2]])
  }

  @Test("a constant that the input is added to keeps what it was")
  func accumulated() throws {
    let sum = try Tensor([1, 2] as [Float], shape: [2])
    let trace = try Trace.of(Tensor([5, 7] as [Float], shape: [2])) { input in
      try call("add_", overload: "Tensor", [("self", .tensor(sum)), ("other", .tensor(input))])
    }
    #expect(trace.calls.map(\.name) == ["aten::add"])
    #expect(try trace.constants.map { try $0.floats() } == [[1, 2]])
  }

  @Test("what the input is written into a part of cannot be noted")
  func part() throws {
    let whole = try Tensor(repeating: 0, shape: [4, 2])
    #expect(throws: TorchError.self) {
      try Trace.of(Tensor(repeating: 1, shape: [2, 2])) { input in
        try call("copy_", [("self", .tensor(rows(whole, 0..<2))), ("src", .tensor(input))])
        return try whole * whole
      }
    }
  }
}
