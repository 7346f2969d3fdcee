extension Tensor {
  /// The same elements in another shape; one length may be −1, "whatever is left".
  public func reshaped(_ shape: [Int]) throws -> Tensor {
    try aten("reshape", self, shape, title: "reshaping to \(shape)")
  }

  /// Axes of length 1 repeated to the lengths of `shape`, without copying.
  public func expanded(_ shape: [Int]) throws -> Tensor {
    try aten("expand", self, shape, title: "expansion to \(shape)")
  }

  /// The axes in another order.
  public func permuted(_ axes: [Int]) throws -> Tensor {
    try aten("permute", self, axes, title: "permutation to \(axes)")
  }

  /// The part `range` of an axis, without copying.
  public func slice(axis: Int, _ range: Range<Int>) throws -> Tensor {
    try aten("narrow", self, axis, range.lowerBound, range.count, title: "slicing")
  }

  /// The part `range` of the first axis, without copying.
  public subscript(range: Range<Int>) -> Tensor { get throws { try slice(axis: 0, range) } }

  /// Tensors joined along an axis.
  public static func concatenate(_ tensors: [Tensor], axis: Int = 0) throws -> Tensor {
    try aten("cat", Operator.Argument.tensors(tensors), axis, title: "concatenation")
  }
}
