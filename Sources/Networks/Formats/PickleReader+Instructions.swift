import Foundation

extension PickleReader {
  /// Reads one value, up to the instruction that ends it.
  ///
  /// - Throws: ``ModelFileError/damaged(_:)``; ``StateDictionaryError/calls(_:)`` where Python would call anything but what makes
  ///   tensors.
  mutating func read() throws -> Value {
    (stack, marks, memo) = ([], [], [:])
    guard try number(UInt8.self) == 0x80, (2...5).contains(try number(UInt8.self)) else {
      throw fault("does not begin as one of protocol 2 or later")
    }
    while try step() {}
    guard stack.count == 1, marks.isEmpty else { throw fault("does not end where it should") }
    return stack[0]
  }

  /// - Returns: whether another instruction follows.
  private mutating func step() throws -> Bool {
    let code = try number(UInt8.self)
    switch code {
    case UInt8(ascii: "."): return false
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "K"): stack.append(.int(Int(try number(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.int(Int(try number(UInt16.self))))
    case UInt8(ascii: "J"): stack.append(.int(Int(try number(Int32.self))))
    case 0x8A: stack.append(try long())
    case UInt8(ascii: "G"): stack.append(.double(Double(bitPattern: try number(UInt64.self).byteSwapped)))
    case UInt8(ascii: "X"): stack.append(.text(try text(length(UInt32.self))))
    case 0x8C: stack.append(.text(try text(length(UInt8.self))))
    case 0x8D: stack.append(.text(try text(length(UInt64.self))))
    case UInt8(ascii: "C"): stack.append(try bytes(length(UInt8.self)))
    case UInt8(ascii: "B"): stack.append(try bytes(length(UInt32.self)))
    case UInt8(ascii: "]"): stack.append(.list(Container()))
    case UInt8(ascii: "}"): stack.append(.dictionary(Container()))
    case UInt8(ascii: ")"): try tuple([])
    case 0x85: try tuple([pop()])
    case 0x86: try tuple([pop(), pop()].reversed())
    case 0x87: try tuple([pop(), pop(), pop()].reversed())
    case UInt8(ascii: "t"): try tuple(popToMark())
    case UInt8(ascii: "a"): try append([pop()])
    case UInt8(ascii: "e"): try append(popToMark())
    case UInt8(ascii: "s"): try set([pop(), pop()].reversed())
    case UInt8(ascii: "u"): try set(popToMark())
    case UInt8(ascii: "q"): try remember(Int(number(UInt8.self)))
    case UInt8(ascii: "r"): try remember(Int(number(UInt32.self)))
    case 0x94: try remember(memo.count)
    case UInt8(ascii: "h"): try recall(Int(number(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(number(UInt32.self)))
    // How long a part is, for readers that read ahead.
    case 0x95: _ = try number(UInt64.self)
    case UInt8(ascii: "c"): try global(module: line(), name: line())
    case 0x93:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else { throw fault("names nothing") }
      try global(module: module, name: name)
    case UInt8(ascii: "Q"): try storage()
    case UInt8(ascii: "R"): try reduce()
    case UInt8(ascii: "b"): try build()
    default: throw fault("has the instruction \(code), which dictionaries of tensors do not need")
    }
    return true
  }

  /// A whole number of any length; one that is too large is of no use here.
  private mutating func long() throws -> Value {
    let digits = try take(Int(number(UInt8.self)))
    guard digits.count <= 8 else { return .other }
    let sign: UInt64 =
      digits.last.map { $0 >= 0x80 } == true && digits.count < 8 ? UInt64.max << UInt64(8 * digits.count) : 0
    let value = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } | sign
    return .int(Int(Int64(bitPattern: value)))
  }

  private mutating func bytes(_ count: Int) throws -> Value {
    _ = try take(count)
    return .other
  }

  // MARK: Containers

  private mutating func tuple(_ elements: [Value]) throws {
    let container = Container(elements)
    container.depth = try holding(elements)
    stack.append(.tuple(container))
  }

  private func open(_ value: Value?) throws -> Container {
    guard let container = value?.container, !container.isHeld else { throw fault("fills a value of the wrong kind") }
    return container
  }

  private mutating func append(_ elements: [Value]) throws {
    guard case .list = stack.last else { throw fault("fills a value of the wrong kind") }
    let list = try open(stack.last)
    list.depth = max(list.depth, try holding(elements))
    guard !list.isHeld else { throw fault("has a list that holds itself") }
    list.elements += elements
  }

  private mutating func set(_ pairs: [Value]) throws {
    guard case .dictionary = stack.last, pairs.count.isMultiple(of: 2) else {
      throw fault("fills a value of the wrong kind")
    }
    let dictionary = try open(stack.last)
    dictionary.depth = max(dictionary.depth, try holding(pairs))
    guard !dictionary.isHeld else { throw fault("has a dictionary that holds itself") }
    for index in stride(from: 0, to: pairs.count, by: 2) {
      guard case .text(let key) = pairs[index] else { continue }
      dictionary.entries[key] = pairs[index + 1]
    }
  }

  private mutating func remember(_ place: Int) throws {
    guard let value = stack.last else { throw fault("remembers a value that is not there") }
    memo[place] = value
  }

  private mutating func recall(_ place: Int) throws {
    guard let value = memo[place] else { throw fault("recalls a value that it does not have") }
    stack.append(value)
  }

  // MARK: What Python would call

  private mutating func global(module: String, name: String) throws {
    let whole = "\(module).\(name)"
    if module == "torch", let type = StorageType(name) {
      stack.append(.storageType(type))
    } else if let function = Function(rawValue: whole) {
      stack.append(.function(function))
    } else {
      throw StateDictionaryError.calls(String(whole.prefix(100)))
    }
  }

  private mutating func reduce() throws {
    guard case .tuple(let tuple) = try pop(), case .function(let function) = try pop() else {
      throw fault("calls a value that cannot be called")
    }
    let arguments = tuple.elements
    switch function {
    case .orderedDictionary:
      guard arguments.isEmpty else { throw fault("makes a dictionary in another way than torch.save") }
      stack.append(.dictionary(Container()))
    case .tensor: stack.append(.tensor(try tensor(arguments)))
    case .parameter:
      guard let first = arguments.first, case .tensor = first else { throw fault("has a parameter that is no tensor") }
      stack.append(first)
    case .size: stack.append(.other)
    }
  }

  /// Attributes, such as those that a state dictionary has beside its tensors, are of no use here.
  private mutating func build() throws {
    _ = try pop()
    guard let value = stack.last else { throw fault("takes more values than there are") }
    switch value {
    case .dictionary, .tensor: break
    default: throw fault("fills a value of the wrong kind")
    }
  }

  /// (“storage”, type, key, device, count of elements), and in the older format the part of another storage that it is.
  private mutating func storage() throws {
    guard case .tuple(let tuple) = try pop(), (5...6).contains(tuple.elements.count),
      case .text("storage") = tuple.elements[0], case .storageType(let type) = tuple.elements[1],
      case .text(let key) = tuple.elements[2], case .int(let count) = tuple.elements[4], count >= 0
    else { throw fault("has a storage of the wrong kind") }
    if tuple.elements.count == 6 {
      guard case .none = tuple.elements[5] else {
        throw StateDictionaryError.unusable("has storages that are parts of others, as PyTorch wrote them before 0.4")
      }
    }
    guard storages[key].map({ $0.size == type.size }) ?? true else { throw fault("has a storage of two types") }
    storages[key] = type
    stack.append(.storage(Storage(key: key, type: type, count: count)))
  }

  /// (storage, offset, lengths, strides, whether it needs gradients, hooks)
  private func tensor(_ arguments: [Value]) throws -> StoredTensor {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0], case .int(let offset) = arguments[1],
      let shape = numbers(arguments[2]), let strides = numbers(arguments[3])
    else { throw fault("has a tensor of the wrong kind") }
    return StoredTensor(storage: storage, layout: TensorLayout(shape: shape, strides: strides, offset: offset))
  }

  private func numbers(_ value: Value) -> [Int]? {
    guard case .tuple(let tuple) = value else { return nil }
    let numbers = tuple.elements.compactMap { if case .int(let number) = $0 { number } else { nil } }
    return numbers.count == tuple.elements.count ? numbers : nil
  }
}
