import CTorch

/// An operator of libtorch, found by its name and called through the dispatcher, so that none needs code of its own.
///
/// Only what classifiers are made of can be found: no operator that touches files, other processes or memory that is not its
/// own, see SECURITY.md.
public struct Operator: @unchecked Sendable {
  public typealias Argument = Given<Tensor>

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
    self.name = name
    self.overload = overload
    handle = try made("looking for an operator") { ct_operator_find(name, overload, $0) }
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
  public func callAsFunction(_ arguments: [(name: String, value: Argument)]) throws -> [Tensor?] {
    var given = GivenArguments(count: arguments.count)
    for (name, value) in arguments { given.append(value, name: name) }
    return try given.call(handle, name, arguments.map(\.value))
  }
}

/// A value that an operator is given; `Item` is what stands for a tensor.
public enum Given<Item> {
  case none
  case tensor(Item)
  /// A list, in which places may be left open.
  case tensors([Item?])
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

// MARK: Calls by the place of the arguments

/// What can stand for an operator's argument as it is.
package protocol Operand {
  var argument: Operator.Argument { get }
}

extension Given: Operand where Item == Tensor {
  package var argument: Self { self }

  /// The tensors that errors show the shapes of.
  fileprivate var operands: [Tensor] {
    switch self {
    case .tensor(let tensor): [tensor]
    case .tensors(let tensors): tensors.compactMap(\.self)
    default: []
    }
  }
}

extension Tensor: Operand { package var argument: Operator.Argument { .tensor(self) } }
extension Int: Operand { package var argument: Operator.Argument { .int(self) } }
extension Double: Operand { package var argument: Operator.Argument { .double(self) } }
extension Bool: Operand { package var argument: Operator.Argument { .bool(self) } }
extension String: Operand { package var argument: Operator.Argument { .string(self) } }
extension ElementType: Operand { package var argument: Operator.Argument { .int(rawValue) } }
extension [Int]: Operand { package var argument: Operator.Argument { .ints(self) } }

/// Calls an operator of libtorch with one result.
///
/// - Parameters:
///   - name: without `aten::`, with its overload, e.g. `add.Tensor`.
///   - operands: in the order of libtorch's schema; nil for none, and those left out at the end take their defaults.
///   - title: what errors call it.
package func aten(
  _ name: String, _ operands: (any Operand)?..., title: @autoclosure () -> String? = nil
) throws -> Tensor {
  guard let tensor = try atenAll(name, operands, title: title()).first else {
    throw TorchError(operation: title() ?? name, shapes: [], message: "it gives no tensor", kind: .failed)
  }
  return tensor
}

/// Calls an operator of libtorch with any number of results.
package func atenAll(
  _ name: String, _ operands: [(any Operand)?], title: @autoclosure () -> String? = nil
) throws -> [Tensor] {
  let found = try made("looking for an operator") { ct_operator_find(name, nil, $0) }
  var given = GivenArguments(count: operands.count)
  for operand in operands { given.append(operand?.argument ?? .none) }
  return try given.call(found, title() ?? "aten::\(name)", operands.map { $0?.argument ?? .none }).compactMap(\.self)
}

/// Arguments as the C face wants them, until they are freed.
private struct GivenArguments {
  private var arguments: [CTArgument] = []
  private var blocks: [UnsafeMutableRawPointer] = []

  init(count: Int) { arguments.reserveCapacity(count) }

  /// Calls an operator and frees the arguments.
  ///
  /// - Parameters:
  ///   - title: what errors call the operator.
  ///   - values: the arguments.
  func call(
    _ handle: OpaquePointer, _ title: @autoclosure () -> String, _ values: @autoclosure () -> [Operator.Argument]
  ) throws -> [Tensor?] {
    defer { for block in blocks { block.deallocate() } }
    var out: UnsafeMutablePointer<OpaquePointer?>?
    var count = 0
    try check(
      ct_operator_call(handle, arguments, arguments.count, &out, &count), title(), values().flatMap(\.operands))
    defer { ct_tensor_array_free(out) }
    return (0..<count).map { place in out?[place].map(Tensor.init(owning:)) }
  }

  /// - Parameter name: nil for the argument at this place.
  mutating func append(_ value: Operator.Argument, name: String? = nil) {
    var argument = CTArgument()
    if let name { _ = list(Array(name.utf8CString), at: &argument.name) }
    switch value {
    case .none: argument.kind = CT_GIVEN_NONE
    case .tensor(let tensor):
      argument.kind = CT_GIVEN_TENSOR
      argument.tensor = tensor.handle
    case .tensors(let tensors):
      argument.kind = CT_GIVEN_TENSORS
      argument.count = list(tensors.map { $0?.handle }, at: &argument.tensors)
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
      _ = list(Array(string.utf8CString), at: &argument.text)
    case .ints(let numbers):
      argument.kind = CT_GIVEN_INTS
      argument.count = list(numbers.int64, at: &argument.integers)
    case .doubles(let numbers):
      argument.kind = CT_GIVEN_DOUBLES
      argument.count = list(numbers, at: &argument.numbers)
    case .bools(let truths):
      argument.kind = CT_GIVEN_BOOLS
      argument.count = list(truths.map { $0 ? 1 : 0 }, at: &argument.integers)
    }
    arguments.append(argument)
  }

  /// - Returns: the number of elements.
  private mutating func list<Element>(_ elements: [Element], at place: inout UnsafePointer<Element>?) -> Int {
    let block = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    block.initialize(from: elements, count: elements.count)
    blocks.append(UnsafeMutableRawPointer(block))
    place = UnsafePointer(block)
    return elements.count
  }
}
