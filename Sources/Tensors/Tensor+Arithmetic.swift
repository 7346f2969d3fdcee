import CTorch

// Operands of different shapes are broadcast as in NumPy.
extension Tensor {
  public static func + (a: Tensor, b: Tensor) throws -> Tensor {
    try Tensor("addition", [a, b]) { ct_add(a.handle, b.handle, $0) }
  }

  public static func - (a: Tensor, b: Tensor) throws -> Tensor {
    try Tensor("subtraction", [a, b]) { ct_subtract(a.handle, b.handle, $0) }
  }

  public static func * (a: Tensor, b: Tensor) throws -> Tensor {
    try Tensor("multiplication", [a, b]) { ct_multiply(a.handle, b.handle, $0) }
  }

  public static func / (a: Tensor, b: Tensor) throws -> Tensor {
    try Tensor("division", [a, b]) { ct_divide(a.handle, b.handle, $0) }
  }

  public static func + (a: Tensor, b: Double) throws -> Tensor {
    try Tensor("addition", [a]) { ct_add_scalar(a.handle, b, $0) }
  }

  public static func * (a: Tensor, b: Double) throws -> Tensor {
    try Tensor("multiplication", [a]) { ct_multiply_scalar(a.handle, b, $0) }
  }

  public static prefix func - (a: Tensor) throws -> Tensor {
    try Tensor("negation", [a]) { ct_negate(a.handle, $0) }
  }

  public func absolute() throws -> Tensor { try Tensor("absolute value", [self]) { ct_absolute(handle, $0) } }

  public func squareRoot() throws -> Tensor { try Tensor("square root", [self]) { ct_square_root(handle, $0) } }

  /// ln x
  public func logarithm() throws -> Tensor { try Tensor("logarithm", [self]) { ct_logarithm(handle, $0) } }

  /// max(x, 0)
  public func relu() throws -> Tensor { try Tensor("ReLU", [self]) { ct_relu(handle, $0) } }

  /// The larger of each pair of elements.
  public static func maximum(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try Tensor("maximum", [a, b]) { ct_maximum(a.handle, b.handle, $0) }
  }

  /// The smaller of each pair of elements.
  public static func minimum(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    try Tensor("minimum", [a, b]) { ct_minimum(a.handle, b.handle, $0) }
  }

  /// self > other, element by element, as bools.
  public func isGreater(than other: Tensor) throws -> Tensor {
    try Tensor("comparison", [self, other]) { ct_greater(handle, other.handle, $0) }
  }

  /// self < other, element by element, as bools.
  public func isLess(than other: Tensor) throws -> Tensor {
    try Tensor("comparison", [self, other]) { ct_less(handle, other.handle, $0) }
  }

  /// Neither infinite nor NaN, element by element, as bools.
  public func isFinite() throws -> Tensor { try Tensor("finiteness", [self]) { ct_is_finite(handle, $0) } }

  /// `a` where the condition holds, `b` elsewhere.
  public static func choose(_ a: Tensor, where condition: Tensor, otherwise b: Tensor) throws -> Tensor {
    try Tensor("choice", [condition, a, b]) { ct_where(condition.handle, a.handle, b.handle, $0) }
  }

  /// A tensor of its own memory.
  public func copy() throws -> Tensor { try Tensor("copy", [self]) { ct_clone(handle, $0) } }

  // In place, for all copies of a tensor. Not for tensors whose gradient is being recorded or that something else reads.

  /// self = max(self, 0)
  public func reluInPlace() throws { try check(ct_relu_in_place(handle), "ReLU in place", [self]) }

  /// self += scale · other
  public func addInPlace(_ other: Tensor, scale: Double = 1) throws {
    try check(ct_add_in_place(handle, other.handle, scale), "addition in place", [self, other])
  }

  public func multiplyInPlace(_ factor: Double) throws {
    try check(ct_multiply_in_place(handle, factor), "multiplication in place", [self])
  }

  /// self += scale · a · b
  public func addProductInPlace(_ a: Tensor, _ b: Tensor, scale: Double = 1) throws {
    try check(
      ct_add_product_in_place(handle, a.handle, b.handle, scale), "addition of a product in place", [self, a, b])
  }

  /// self += scale · a / b
  public func addQuotientInPlace(_ a: Tensor, _ b: Tensor, scale: Double = 1) throws {
    try check(
      ct_add_quotient_in_place(handle, a.handle, b.handle, scale), "addition of a quotient in place", [self, a, b])
  }
}
