import CTorch

/// An operator of libtorch, found by its name and called through the dispatcher, so that none needs code of its own.
///
/// Only what classifiers are made of can be found: no operator that touches files, other processes or memory that is not its
/// own, see SECURITY.md.
public struct Operator: @unchecked Sendable {
  /// A value that an operator is given.
  public enum Argument {
    case none
    case tensor(Tensor)
    /// A list, in which places may be left open.
    case tensors([Tensor?])
    /// A whole number, an element type or a memory format, the latter two in libtorch's codes.
    case int(Int)
    case double(Double)
    case bool(Bool)
    /// A string or a device.
    case string(String)
    case ints([Int])
    case doubles([Double])
    case bools([Bool])
  }

  /// Such as `aten::add`.
  public let name: String
  /// Which of the operators of that name, such as `Tensor`; often empty.
  public let overload: String
  /// Lives as long as the process and never changes.
  private let handle: OpaquePointer

  /// Looks an operator up.
  ///
  /// - Throws: ``TorchError`` of the kind `unknownOperator` when this libtorch has none, `forbidden` when no network needs it.
  public init(_ name: String, overload: String = "") throws {
    var out: OpaquePointer?
    try check(ct_operator_find(name, overload, &out), "looking for an operator")
    guard let out else { preconditionFailure("libtorch returned neither an operator nor an error") }
    self.name = name
    self.overload = overload
    handle = out
  }

  /// The names of the arguments that it takes in this libtorch, in their order.
  public var argumentNames: [String] {
    (0..<ct_operator_argument_count(handle)).map { String(cString: ct_operator_argument_name(handle, $0)) }
  }

  /// Calls the operator.
  ///
  /// - Parameter arguments: by their names in libtorch's schema; those left out take their defaults.
  /// - Returns: its tensors, those of lists one by one; nil for one that is undefined.
  /// - Throws: ``TorchError`` when an argument is missing, is unknown or does not fit, or the operator fails.
  @TorchActor public func callAsFunction(_ arguments: [(name: String, value: Argument)]) throws -> [Tensor?] {
    let storage = ArgumentStorage(arguments)
    defer { storage.free() }
    var out: UnsafeMutablePointer<OpaquePointer?>?
    var count = 0
    try check(
      ct_operator_call(handle, storage.arguments, storage.arguments.count, &out, &count), name,
      arguments.compactMap { if case .tensor(let tensor) = $0.value { tensor } else { nil } })
    defer { ct_tensor_array_free(out) }
    return (0..<count).map { place in out?[place].map(Tensor.init(owning:)) }
  }
}

/// Arguments as the C face wants them, until they are freed.
private struct ArgumentStorage {
  private(set) var arguments: [CTArgument] = []
  private var blocks: [UnsafeMutableRawPointer] = []

  init(_ values: [(name: String, value: Operator.Argument)]) {
    arguments.reserveCapacity(values.count)
    for (name, value) in values {
      var argument = CTArgument()
      argument.name = UnsafePointer(text(name))
      switch value {
      case .none: argument.kind = CT_GIVEN_NONE
      case .tensor(let tensor):
        argument.kind = CT_GIVEN_TENSOR
        argument.tensors = UnsafePointer(list([tensor.handle]))
        argument.count = 1
      case .tensors(let tensors):
        argument.kind = CT_GIVEN_TENSORS
        argument.tensors = UnsafePointer(list(tensors.map { $0?.handle }))
        argument.count = tensors.count
      case .int(let number):
        argument.kind = CT_GIVEN_INT
        argument.integer = Int64(number)
      case .double(let number):
        argument.kind = CT_GIVEN_DOUBLE
        argument.number = number
      case .bool(let truth):
        argument.kind = CT_GIVEN_BOOL
        argument.integer = truth ? 1 : 0
      case .string(let string):
        argument.kind = CT_GIVEN_STRING
        argument.text = UnsafePointer(text(string))
      case .ints(let numbers):
        argument.kind = CT_GIVEN_INTS
        argument.integers = UnsafePointer(list(numbers.map(Int64.init)))
        argument.count = numbers.count
      case .doubles(let numbers):
        argument.kind = CT_GIVEN_DOUBLES
        argument.numbers = UnsafePointer(list(numbers))
        argument.count = numbers.count
      case .bools(let truths):
        argument.kind = CT_GIVEN_BOOLS
        argument.integers = UnsafePointer(list(truths.map { $0 ? 1 : 0 }))
        argument.count = truths.count
      }
      arguments.append(argument)
    }
  }

  private mutating func text(_ string: String) -> UnsafeMutablePointer<CChar> {
    list(Array(string.utf8CString))
  }

  private mutating func list<Element>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
    let block = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    block.initialize(from: elements, count: elements.count)
    blocks.append(UnsafeMutableRawPointer(block))
    return block
  }

  func free() { for block in blocks { block.deallocate() } }
}
