// Operands of different shapes are broadcast as in NumPy.
extension Tensor {
  public static func + (a: Tensor, b: Tensor) throws -> Tensor { try aten("add.Tensor", a, b, title: "addition") }

  public static func - (a: Tensor, b: Tensor) throws -> Tensor { try aten("sub.Tensor", a, b, title: "subtraction") }

  public static func * (a: Tensor, b: Tensor) throws -> Tensor { try aten("mul.Tensor", a, b, title: "multiplication") }

  public static func / (a: Tensor, b: Tensor) throws -> Tensor { try aten("div.Tensor", a, b, title: "division") }

  public static func + (a: Tensor, b: Double) throws -> Tensor { try aten("add.Scalar", a, b, title: "addition") }

  public static func * (a: Tensor, b: Double) throws -> Tensor { try aten("mul.Scalar", a, b, title: "multiplication") }

  public static prefix func - (a: Tensor) throws -> Tensor { try aten("neg", a, title: "negation") }

  public func absolute() throws -> Tensor { try aten("abs", self, title: "absolute value") }

  public func squareRoot() throws -> Tensor { try aten("sqrt", self, title: "square root") }

  /// ln x
  public func logarithm() throws -> Tensor { try aten("log", self, title: "logarithm") }

  /// max(x, 0)
  public func relu() throws -> Tensor { try aten("relu", self, title: "ReLU") }

  /// The larger of each pair of elements.
  public static func maximum(_ a: Tensor, _ b: Tensor) throws -> Tensor { try aten("maximum", a, b, title: "maximum") }

  /// The smaller of each pair of elements.
  public static func minimum(_ a: Tensor, _ b: Tensor) throws -> Tensor { try aten("minimum", a, b, title: "minimum") }

  /// self > other, element by element, as bools.
  public func isGreater(than other: Tensor) throws -> Tensor { try aten("gt.Tensor", self, other, title: "comparison") }

  /// self < other, element by element, as bools.
  public func isLess(than other: Tensor) throws -> Tensor { try aten("lt.Tensor", self, other, title: "comparison") }

  /// Neither infinite nor NaN, element by element, as bools.
  public func isFinite() throws -> Tensor { try aten("isfinite", self, title: "finiteness") }

  /// `a` where the condition holds, `b` elsewhere.
  public static func choose(_ a: Tensor, where condition: Tensor, otherwise b: Tensor) throws -> Tensor {
    try aten("where.self", condition, a, b, title: "choice")
  }

  /// A tensor of its own memory.
  public func copy() throws -> Tensor { try aten("clone", self, title: "copy") }

  // In place, for all copies of a tensor. Not for tensors whose gradient is being recorded or that something else reads.

  /// self = max(self, 0)
  public func reluInPlace() throws { _ = try aten("relu_", self, title: "ReLU in place") }

  /// self += scale · other
  public func addInPlace(_ other: Tensor, scale: Double = 1) throws {
    _ = try aten("add_.Tensor", self, other, scale, title: "addition in place")
  }

  public func multiplyInPlace(_ factor: Double) throws {
    _ = try aten("mul_.Scalar", self, factor, title: "multiplication in place")
  }

  /// self += scale · a · b
  public func addProductInPlace(_ a: Tensor, _ b: Tensor, scale: Double = 1) throws {
    _ = try aten("addcmul_", self, a, b, scale, title: "addition of a product in place")
  }

  /// self += scale · a / b
  public func addQuotientInPlace(_ a: Tensor, _ b: Tensor, scale: Double = 1) throws {
    _ = try aten("addcdiv_", self, a, b, scale, title: "addition of a quotient in place")
  }
}
