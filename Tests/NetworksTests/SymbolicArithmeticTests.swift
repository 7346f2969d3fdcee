import Tensors
import Testing

@testable import Networks

/// Sizes are computed as Python does.
@Suite struct SymbolicArithmeticTests {
  private func result(_ target: String, _ arguments: [Operator.Argument]) -> String? {
    (try? SymbolicArithmetic.result(of: target, arguments)).map { "\($0)" }
  }

  @Test(
    "whole numbers are divided downwards",
    arguments: [
      ("floordiv", 7, 2, 3), ("floordiv", -7, 2, -4), ("floordiv", 7, -2, -4), ("floordiv", -7, -2, 3),
      ("mod", 7, 3, 1), ("mod", -7, 3, 2), ("mod", 7, -3, -2), ("mod", -7, -3, -1), ("mod", .max, .max - 1, 1),
      ("mod", .min, -1, 0), ("add", 2, 3, 5), ("sub", 2, 3, -1), ("mul", 4, 3, 12), ("pow", 2, 10, 1024),
      ("sym_max", 2, 3, 3), ("sym_min", 2, 3, 2), ("lshift", 3, 2, 12), ("rshift", 12, 2, 3),
    ])
  func whole(function: String, a: Int, b: Int, expected: Int) {
    #expect(result("_operator.\(function)", [.int(a), .int(b)]) == "int(\(expected))")
  }

  @Test("what has no whole result is an error, not a trap")
  func impossible() {
    for (function, a, b) in [
      ("floordiv", 1, 0), ("mod", 1, 0), ("floordiv", Int.min, -1), ("mul", .max, 2), ("add", .max, 1),
      ("sub", .min, 1), ("lshift", 1, 63), ("lshift", 1, -1), ("rshift", 1, -1), ("pow", 10, 30), ("system", 1, 2),
    ] {
      #expect(result("_operator.\(function)", [.int(a), .int(b)]) == nil, "\(function)")
    }
    #expect(result("_operator.neg", [.int(.min)]) == nil)
    #expect(result("torch.sym_int", [.double(.infinity)]) == nil && result("math.trunc", [.double(.nan)]) == nil)
  }

  @Test("fractions and truth values")
  func others() {
    #expect(result("_operator.truediv", [.int(1), .int(2)]) == "double(0.5)")
    #expect(result("_operator.mul", [.double(0.5), .int(4)]) == "double(2.0)")
    #expect(result("torch.sym_int", [.double(-2.5)]) == "int(-2)")
    #expect(result("torch.sym_float", [.int(2)]) == "double(2.0)")
    #expect(result("_operator.eq", [.int(2), .int(2)]) == "bool(true)")
    #expect(result("torch.sym_not", [.bool(true)]) == "bool(false)")
    #expect(result("torch.sym_ite", [.bool(false), .int(1), .int(2)]) == "int(2)")
  }
}
