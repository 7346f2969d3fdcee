import CTorch
import Foundation

/// A TorchScript file, loaded and in evaluation mode, its weights in at least float32.
public final class ScriptModule {
  /// What a module's forward function answered.
  public enum Answer {
    case tensor(Tensor)
    case tuple, list, dictionary, other
  }

  private let handle: OpaquePointer

  /// - Throws: ``TorchError`` when the file is not TorchScript or uses an operator that this libtorch lacks.
  @TorchActor public init(contentsOf url: URL, device: Device = .cpu) throws {
    var out: OpaquePointer?
    try check(ct_module_load(url.path, device.code, &out), "loading")
    guard let out else { preconditionFailure("libtorch returned neither a module nor an error") }
    handle = out
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
  public var type: ElementType? { ElementType(ct_module_type(handle)) }

  /// Calls the forward function with one tensor.
  @TorchActor public func forward(_ input: Tensor) throws -> Answer {
    var returned = CT_RETURNED_OTHER
    var out: OpaquePointer?
    try check(ct_module_forward(handle, input.handle, &returned, &out), "the model's forward function", [input])
    switch returned {
    case CT_RETURNED_TENSOR:
      guard let out else { preconditionFailure("the module returned neither a tensor nor an error") }
      return .tensor(Tensor(owning: out))
    case CT_RETURNED_TUPLE: return .tuple
    case CT_RETURNED_LIST: return .list
    case CT_RETURNED_DICTIONARY: return .dictionary
    default: return .other
    }
  }
}
