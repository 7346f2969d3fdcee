extension Tensor {
  /// The sum over the axes, over all of them when none is named.
  public func sum(_ axes: [Int] = [], keepingAxes: Bool = false) throws -> Tensor {
    let axes = axes.isEmpty ? Array(shape.indices) : axes
    return try aten("sum.dim_IntList", self, axes, keepingAxes, title: "sum")
  }

  /// The mean over the axes, over all of them when none is named.
  public func mean(_ axes: [Int] = [], keepingAxes: Bool = false) throws -> Tensor {
    let axes = axes.isEmpty ? Array(shape.indices) : axes
    return try aten("mean.dim", self, axes, keepingAxes, title: "mean")
  }

  /// The largest elements along an axis and where they stand (int64). NaN counts as larger than every number.
  public func max(axis: Int, keepingAxis: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    try pair("max.dim", axis, keepingAxis, title: "maximum")
  }

  /// The smallest elements along an axis and where they stand (int64).
  public func min(axis: Int, keepingAxis: Bool = false) throws -> (values: Tensor, indices: Tensor) {
    try pair("min.dim", axis, keepingAxis, title: "minimum")
  }

  /// The smallest of all elements, as a tensor without axes.
  public func min() throws -> Tensor { try reshaped([-1]).min(axis: 0).values }

  /// The elements along `axis` that `indices` (int64, as many axes as the tensor) name.
  public func gather(axis: Int, _ indices: Tensor) throws -> Tensor {
    try aten("gather", self, axis, indices, title: "gathering")
  }

  /// The slices along `axis` that `indices` (int64, one axis) name.
  public func select(axis: Int, _ indices: Tensor) throws -> Tensor {
    try aten("index_select", self, axis, indices, title: "selection")
  }

  /// The place of every element among those of the last axis, from 0, int32. Equal elements keep their order.
  public func ranks(descending: Bool) throws -> Tensor {
    let order = try atenAll("sort.stable", [self, true, -1, descending], title: "ranking")[1]
    let places = try aten("arange", order.shape.last ?? 1, ElementType.int64, nil, order.device.name)
    let empty = try aten("empty_like", order)
    return try aten("scatter_.src", empty, -1, order, places.expanded(order.shape)).to(.int32)
  }

  private func pair(
    _ name: String, _ axis: Int, _ keepsAxis: Bool, title: String
  ) throws -> (values: Tensor, indices: Tensor) {
    let found = try atenAll(name, [self, axis, keepsAxis], title: title)
    return (found[0], found[1])
  }
}
