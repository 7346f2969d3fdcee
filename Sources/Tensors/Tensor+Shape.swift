import CTorch

extension Tensor {
  /// The same elements in another shape; one length may be −1, "whatever is left".
  public func reshaped(_ shape: [Int]) throws -> Tensor {
    try Tensor("reshaping to \(shape)", [self]) { ct_reshape(handle, shape.int64, shape.count, $0) }
  }

  /// Axes of length 1 repeated to the lengths of `shape`, without copying.
  public func expanded(_ shape: [Int]) throws -> Tensor {
    try Tensor("expansion to \(shape)", [self]) { ct_expand(handle, shape.int64, shape.count, $0) }
  }

  /// The axes in another order.
  public func permuted(_ axes: [Int]) throws -> Tensor {
    try Tensor("permutation to \(axes)", [self]) { ct_permute(handle, axes.int64, axes.count, $0) }
  }

  /// The part `range` of an axis, without copying.
  public func slice(axis: Int, _ range: Range<Int>) throws -> Tensor {
    try Tensor("slicing", [self]) {
      ct_narrow(handle, Int64(axis), Int64(range.lowerBound), Int64(range.count), $0)
    }
  }

  /// The part `range` of the first axis, without copying.
  public subscript(range: Range<Int>) -> Tensor { get throws { try slice(axis: 0, range) } }

  /// Tensors joined along an axis.
  public static func concatenate(_ tensors: [Tensor], axis: Int = 0) throws -> Tensor {
    try Tensor("concatenation", tensors) {
      ct_concatenate(tensors.map(\.handle), tensors.count, Int64(axis), $0)
    }
  }
}
