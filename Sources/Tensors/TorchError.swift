import CTorch
import Foundation

/// What libtorch answered when it could not do what was asked.
public struct TorchError: LocalizedError, Sendable {
  /// The operation, e.g. `convolution`.
  public let operation: String
  /// The shapes of the operands.
  public let shapes: [[Int]]
  /// libtorch's own words, which may take several lines.
  public let message: String
  /// What kind of failure it is.
  public let kind: Kind

  /// In the order of `CTErrorCode`.
  public enum Kind: UInt32, Sendable {
    case failed, outOfMemory
    /// A file is not what it should be.
    case damagedFile
    /// A file asks for what no file is allowed.
    case forbidden
    /// This libtorch does not have an operator.
    case unknownOperator
    /// Another process of a ``ProcessGroup`` has ended, or does not answer.
    case lostProcess
  }

  public var isOutOfMemory: Bool { kind == .outOfMemory }

  /// One line: what failed on which shapes, and the first line of libtorch's reason.
  public var errorDescription: String? {
    let operands = shapes.map { "\($0)" }.joined(separator: ", ")
    let place = operands.isEmpty ? operation : "\(operation) of \(operands)"
    if isOutOfMemory { return "not enough memory for \(place)" }
    let reason = message.split(separator: "\n", omittingEmptySubsequences: true).first.map(String.init) ?? "unknown"
    if kind == .lostProcess {
      return "another process that takes part has ended or does not answer, so that this one cannot go on (\(reason))"
    }
    return "\(place) failed: \(reason)"
  }
}

/// Throws what a function of the C face returned, if it returned an error, and frees it.
func check(
  _ error: UnsafeMutablePointer<CTError>?, _ operation: @autoclosure () -> String,
  _ operands: @autoclosure () -> [Tensor] = []
) throws {
  guard let error else { return }
  defer { ct_error_free(error) }
  throw TorchError(
    operation: operation(), shapes: operands().map(\.shape), message: String(cString: error.pointee.message),
    kind: .init(rawValue: error.pointee.code.rawValue) ?? .failed)
}

/// The handle that a function of the C face makes.
func made(
  _ operation: String, _ operands: @autoclosure () -> [Tensor] = [],
  _ body: (UnsafeMutablePointer<OpaquePointer?>) -> UnsafeMutablePointer<CTError>?
) throws -> OpaquePointer {
  var out: OpaquePointer?
  try check(body(&out), operation, operands())
  guard let out else { preconditionFailure("\(operation) gave neither a result nor an error") }
  return out
}
