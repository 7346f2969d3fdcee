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
    self.init(owning: try made(operation, operands, body))
  }

  /// The lengths of the axes.
  public var shape: [Int] { (0..<ct_dim(handle)).map { Int(ct_size(handle, $0)) } }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The type of the elements, nil for one that Swift code here does not use.
  public var type: ElementType? { ElementType(rawValue: Int(ct_type(handle))) }

  public var device: Device { ct_is_cuda(handle) ? .cuda : .cpu }

  /// Whether gradients with respect to this tensor, or through it, are recorded.
  public var requiresGradient: Bool { ct_requires_gradient(handle) }
}

/// The types that elements can have; the raw values are libtorch's own codes (`c10/core/ScalarType.h`).
public enum ElementType: Int, Sendable {
  case uint8 = 0
  case int32 = 3
  case int64 = 4
  case float16 = 5
  case bfloat16 = 15
  case float32 = 6
  case float64 = 7
  case bool = 11

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
