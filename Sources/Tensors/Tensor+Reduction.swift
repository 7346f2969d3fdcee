import CTorch

extension Tensor {
  /// The sum over the axes, over all of them when none is named.
  public func sum(_ axes: [Int] = [], keepingAxes: Bool = false) throws -> Tensor {
    let axes = axes.isEmpty ? Array(shape.indices) : axes
    return try Tensor("sum", [self]) { ct_sum(handle, axes.int64, axes.count, keepingAxes, $0) }
  }

  /// The mean over the axes, over all of them when none is named.
  public func mean(_ axes: [Int] = [], keepingAxes: Bool = false) throws -> Tensor {
    let axes = axes.isEmpty ? Array(shape.indices) : axes
    return try Tensor("mean", [self]) { ct_mean(handle, axes.int64, axes.count, keepingAxes, $0) }
  }

  /// The largest elements along an axis and where they stand (int64). NaN counts as larger than every number.
  public func max(axis: Int, keepingAxis: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    try pair("maximum") { ct_max(handle, Int64(axis), keepingAxis, $0, $1) }
  }

  /// The smallest elements along an axis and where they stand (int64).
  public func min(axis: Int, keepingAxis: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    try pair("minimum") { ct_min(handle, Int64(axis), keepingAxis, $0, $1) }
  }

  /// The smallest of all elements, as a tensor without axes.
  public func min() throws -> Tensor { try reshaped([-1]).min(axis: 0).values }

  /// The elements along `axis` that `indices` (int64, as many axes as the tensor) name.
  public func gather(axis: Int, _ indices: Tensor) throws -> Tensor {
    try Tensor("gathering", [self, indices]) { ct_gather(handle, Int64(axis), indices.handle, $0) }
  }

  /// The slices along `axis` that `indices` (int64, one axis) name.
  public func select(axis: Int, _ indices: Tensor) throws -> Tensor {
    try Tensor("selection", [self, indices]) { ct_index_select(handle, Int64(axis), indices.handle, $0) }
  }

  /// The place of every element among those of the last axis, from 0, int32. Equal elements keep their order.
  public func ranks(descending: Bool) throws -> Tensor {
    try Tensor("ranking", [self]) { ct_ranks(handle, descending, $0) }
  }

  private func pair(
    _ operation: String,
    _ body: (UnsafeMutablePointer<OpaquePointer?>, UnsafeMutablePointer<OpaquePointer?>) -> UnsafeMutablePointer<
      CTError
    >?
  ) throws -> (values: Tensor, indices: Tensor) {
    var indices: OpaquePointer?
    let values = try Tensor(operation, [self]) { body($0, &indices) }
    guard let indices else { preconditionFailure("\(operation) returned no indices") }
    return (values, Tensor(owning: indices))
  }
}
