import CTorch

/// An n-dimensional array of numbers of one type on one device: a handle on libtorch's tensor.
///
/// Copying a `Tensor` copies the handle, not the numbers, and only the methods whose names end in `InPlace` change them.
/// Operations throw ``TorchError`` when shapes or types do not fit and when memory runs out.
public struct Tensor {
  final class Storage {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { ct_tensor_free(handle) }
  }

  let storage: Storage

  var handle: OpaquePointer { storage.handle }

  init(owning handle: OpaquePointer) { storage = Storage(handle) }

  /// The tensor that `body` makes through the C face.
  init(
    _ operation: String, _ operands: [Tensor] = [],
    _ body: (UnsafeMutablePointer<OpaquePointer?>) -> UnsafeMutablePointer<CTError>?
  ) throws {
    var out: OpaquePointer?
    try check(body(&out), operation, operands)
    guard let out else { preconditionFailure("\(operation) returned neither a tensor nor an error") }
    self.init(owning: out)
  }

  /// The lengths of the axes.
  public var shape: [Int] { (0..<ct_dim(handle)).map { Int(ct_size(handle, $0)) } }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The type of the elements, nil for one that Swift code here does not use.
  public var type: ElementType? { ElementType(ct_type(handle)) }

  public var device: Device { Device(ct_device(handle)) }

  /// Whether gradients with respect to this tensor, or through it, are recorded.
  public var requiresGradient: Bool { ct_requires_gradient(handle) }
}

/// The types that elements can have.
public enum ElementType: String, Sendable {
  case uint8, int32, int64, float16, bfloat16, float32, float64, bool

  var code: CTType {
    switch self {
    case .uint8: CT_UINT8
    case .int32: CT_INT32
    case .int64: CT_INT64
    case .float16: CT_FLOAT16
    case .bfloat16: CT_BFLOAT16
    case .float32: CT_FLOAT32
    case .float64: CT_FLOAT64
    case .bool: CT_BOOL
    }
  }

  init?(_ code: CTType) {
    switch code {
    case CT_UINT8: self = .uint8
    case CT_INT32: self = .int32
    case CT_INT64: self = .int64
    case CT_FLOAT16: self = .float16
    case CT_BFLOAT16: self = .bfloat16
    case CT_FLOAT32: self = .float32
    case CT_FLOAT64: self = .float64
    case CT_BOOL: self = .bool
    default: return nil
    }
  }

  /// Bytes per element.
  public var size: Int {
    switch self {
    case .uint8, .bool: 1
    case .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }
}

/// A Swift number that tensors can hold.
public protocol TensorElement: BitwiseCopyable, Sendable {
  static var elementType: ElementType { get }
}

extension UInt8: TensorElement { public static var elementType: ElementType { .uint8 } }
extension Int32: TensorElement { public static var elementType: ElementType { .int32 } }
extension Int64: TensorElement { public static var elementType: ElementType { .int64 } }
extension Float: TensorElement { public static var elementType: ElementType { .float32 } }
extension Double: TensorElement { public static var elementType: ElementType { .float64 } }
