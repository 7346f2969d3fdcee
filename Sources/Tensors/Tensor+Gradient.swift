import CTorch

extension Tensor {
  /// The same elements, cut off from what made them.
  public func detached() throws -> Tensor { try aten("detach", self, title: "detaching") }

  /// The same elements as a new starting point for gradients.
  public func variable() throws -> Tensor {
    let variable = try detached()
    try check(ct_require_gradient(variable.handle), "asking for gradients", [self])
    return variable
  }

  /// The gradients of Σ self · seed with respect to the inputs; nil for an input on which this tensor does not depend.
  ///
  /// - Parameter retaining: keep what was recorded, so that further gradients of the same tensor can be taken.
  public func gradients(seed: Tensor, of inputs: [Tensor], retaining: Bool = false) throws -> [Tensor?] {
    var out = [OpaquePointer?](repeating: nil, count: inputs.count)
    try check(
      ct_gradient(handle, seed.handle, inputs.map(\.handle), inputs.count, retaining, &out), "gradient",
      [self, seed])
    return out.map { $0.map { Tensor(owning: $0) } }
  }
}
