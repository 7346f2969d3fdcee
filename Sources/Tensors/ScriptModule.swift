import CTorch
import Foundation
import Synchronization

/// A TorchScript file, loaded and in evaluation mode, its weights in at least float32.
///
/// Loading runs nothing of the file, and what the file may do when it is called is bounded: see SECURITY.md.
public final class ScriptModule {
  /// What a module's forward function answered.
  public enum Answer {
    case tensor(Tensor)
    /// In words, e.g. “a tuple”.
    case other(String)
  }

  /// The function that a module applies last of all, as libtorch calls it.
  public enum Activation: String, Sendable {
    case softmax = "aten::softmax"
    case logSoftmax = "aten::log_softmax"
    case sigmoid = "aten::sigmoid"
  }

  private let handle: OpaquePointer

  private init(owning handle: OpaquePointer) { self.handle = handle }

  /// - Throws: ``TorchError`` when the file is not TorchScript, uses an operator that this libtorch lacks, or one that is
  ///   forbidden.
  @TorchActor public convenience init(contentsOf url: URL, device: Device = .cpu) throws {
    self.init(owning: try made("loading") { out in Self.running { ct_module_load(url.path, device.name, out) } })
  }

  deinit { ct_module_free(handle) }

  /// How many inputs without a default value the forward function takes.
  public var inputCount: Int {
    get throws {
      var count: Int64 = 0
      try check(ct_module_input_count(handle, &count), "reading the module's signature")
      return Int(count)
    }
  }

  /// The type of the module's weights; float32 if it has none.
  public var type: ElementType? { ElementType(rawValue: Int(ct_module_type(handle))) }

  /// The parameters and buffers by their names.
  @TorchActor public var tensors: [String: Tensor] {
    get throws {
      var result: [String: Tensor] = [:]
      let error = withUnsafeMutablePointer(to: &result) { result in
        ct_module_tensors(handle, result) { result, name, tensor in
          guard let result, let name, let tensor else { return }
          result.assumingMemoryBound(to: [String: Tensor].self).pointee[String(cString: name)] = Tensor(owning: tensor)
        }
      }
      try check(error, "reading the module's weights")
      return result
    }
  }

  /// Calls the forward function with one tensor. What the module prints goes to standard error.
  @TorchActor public func forward(_ input: Tensor) throws -> Answer {
    var out: OpaquePointer?
    var kind: UnsafePointer<CChar>?
    let error = Self.running { ct_module_forward(handle, input.handle, &out, &kind) }
    try check(error, "the model's forward function", [input])
    return out.map { .tensor(Tensor(owning: $0)) } ?? .other(kind.map(String.init(cString:)) ?? "nothing")
  }

  /// The module up to what it applies last of all, with the same weights; nil if that is none of the activations.
  @TorchActor public func beforeActivation() throws -> (module: ScriptModule, activation: Activation)? {
    var name: UnsafePointer<CChar>?
    var out: OpaquePointer?
    let error = Self.running { ct_module_before_activation(handle, &name, &out) }
    try check(error, "looking for the model's logits")
    guard let out, let name, let activation = Activation(rawValue: String(cString: name)) else { return nil }
    return (ScriptModule(owning: out), activation)
  }

  // MARK: What is running

  private static let calls = Mutex((begun: UInt64(0), running: Set<UInt64>()))

  /// The calls into a file's code, its loading included, that have begun and not ended: numbers that never come again.
  ///
  /// Nothing can stop such a call but the end of the process, and nothing bounds how long it takes.
  public static var runningCalls: Set<UInt64> { calls.withLock(\.running) }

  private static func running<Result>(_ body: () -> Result) -> Result {
    let number = calls.withLock { calls in
      calls.begun += 1
      calls.running.insert(calls.begun)
      return calls.begun
    }
    defer { calls.withLock { _ = $0.running.remove(number) } }
    return body()
  }
}
