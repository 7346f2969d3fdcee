import CTorch

/// Processes, on one machine or many, that compute something together: each of them has one of these and asks for the same in the same
/// order. They talk through libtorch's c10d with Gloo, over TCP.
///
/// Where all are on one machine they use its loop; otherwise the address of the machine's name, or of the interface that
/// `GLOO_SOCKET_IFNAME` names. Tensors of a GPU go through the processor's memory.
///
/// All methods throw ``TorchError`` of the kind `lostProcess` when another process has ended, and when it does not answer in time.
@TorchActor public final class ProcessGroup {
  /// Where the processes find each other.
  public enum Meeting: Sendable {
    /// Process 0 waits there.
    case address(host: String, port: UInt16)
    /// A file in a folder that all of them see; it must be new.
    case file(path: String)
  }

  /// Counted from 0.
  public nonisolated let rank: Int
  public nonisolated let count: Int
  /// Freed by whoever lets go of it last, on whatever thread.
  nonisolated(unsafe) let handle: OpaquePointer

  /// Waits for the others.
  ///
  /// - Parameters:
  ///   - patience: how long to wait for them to come.
  ///   - timeout: how long to wait for an answer afterwards. The end of a process is noticed at once, but not that of a machine.
  /// - Throws: `CancellationError`, too.
  public init(
    rank: Int, of count: Int, meeting: Meeting, patience: Duration = .seconds(600), timeout: Duration = .seconds(60)
  ) throws {
    self.rank = rank
    self.count = count
    var out: OpaquePointer?
    func join(host: UnsafePointer<CChar>?, port: UInt16, path: UnsafePointer<CChar>?) throws {
      var meeting = CTMeeting(
        rank: Int32(rank), count: Int32(count), host: host, port: port, path: path,
        patience_ms: Int64(patience / .milliseconds(1)), timeout_ms: Int64(timeout / .milliseconds(1)),
        is_cancelled: { Task.isCancelled })
      let error = ct_group_join(&meeting, &out)
      if error != nil { try Task.checkCancellation() }
      try check(error, "meeting the other processes")
    }
    switch meeting {
    case .address(let host, let port): try join(host: host, port: port, path: nil)
    case .file(let path): try join(host: nil, port: 0, path: path)
    }
    guard let out else { preconditionFailure("libtorch returned neither a group nor an error") }
    handle = out
  }

  deinit { ct_group_free(handle) }

  /// Adds up numbers, each over all processes.
  public func sum(_ values: [Double]) throws -> [Double] {
    let tensor = try Tensor(values, shape: [values.count])
    try check(ct_group_sum(handle, tensor.handle), "adding up over the processes", [tensor])
    return try tensor.doubles()
  }

  /// Gives a tensor the values that it has in process 0, in place.
  public func broadcast(_ tensor: Tensor) throws {
    let tensor = try tensor.detached()
    try check(ct_group_broadcast(handle, tensor.handle), "handing out to the processes", [tensor])
  }

  /// Gives all processes the numbers of process 0.
  public func broadcast(_ values: [Double]) throws -> [Double] {
    let tensor = try Tensor(values, shape: [values.count])
    try broadcast(tensor)
    return try tensor.doubles()
  }
}

/// The gradients of a network's parameters, each summed over a group's processes as soon as it and those beside it are known, while
/// those of earlier layers are still being computed.
@TorchActor public final class GroupGradients {
  private let group: ProcessGroup
  nonisolated(unsafe) private let handle: OpaquePointer
  private let count: Int

  /// - Parameter parameters: of one type, in the order in which a forward pass uses them.
  public init(of parameters: [Tensor], in group: ProcessGroup) throws {
    self.group = group
    handle = try made("making room for gradients") {
      ct_gradients_new(group.handle, parameters.map(\.handle), parameters.count, $0)
    }
    count = parameters.count
  }

  deinit { ct_gradients_free(handle) }

  /// The parameters' values, to be used in a forward pass instead of them.
  public func gathered(_ parameters: [Tensor]) throws -> [Tensor] {
    try parameters.enumerated().map { index, parameter in
      try Tensor("gathering gradients", [parameter]) { ct_gradients_gather(handle, parameter.handle, index, $0) }
    }
  }

  /// The sums, after the backward pass and until the next one; nil for a parameter on which nothing depends.
  public func sums() throws -> [Tensor?] {
    var out = [OpaquePointer?](repeating: nil, count: count)
    try check(ct_gradients_end(handle, &out), "summing gradients over the processes")
    return out.map { $0.map { Tensor(owning: $0) } }
  }
}

extension Tensor {
  /// Batch normalisation in training of [N, C, …] by the statistics of all processes' images: what one process would give that had
  /// them all, up to rounding. The gradient is that of all processes' losses together.
  ///
  /// - Parameters:
  ///   - isCounted: whether these images are any of the batch's; otherwise they change nothing, and get no gradient.
  ///   - runningMean: changed in place, as is `runningVariance`, to the same values in all processes.
  @TorchActor public func batchNormalized(
    in group: ProcessGroup, isCounted: Bool, weight: Tensor, bias: Tensor, runningMean: Tensor,
    runningVariance: Tensor, momentum: Double, epsilon: Double
  ) throws -> Tensor {
    var norm = CTGroupNorm(
      group: group.handle, running_mean: runningMean.handle, running_variance: runningVariance.handle,
      momentum: momentum, epsilon: epsilon, is_counted: isCounted)
    return try Tensor("batch normalisation over the processes", [self]) {
      ct_group_norm(handle, weight.handle, bias.handle, &norm, $0)
    }
  }
}
