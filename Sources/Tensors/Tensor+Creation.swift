import CTorch

extension Tensor {
  /// A CPU tensor with a copy of `values`, which are in row-major order.
  @TorchActor public init<Element: TensorElement>(_ values: [Element], shape: [Int]) throws {
    self = try values.withUnsafeBytes { try Tensor(bytes: $0, type: Element.elementType, shape: shape) }
  }

  /// A CPU tensor with a copy of raw, row-major memory of this machine's byte order.
  ///
  /// - Precondition: there are as many bytes as `shape` and `type` ask for.
  @TorchActor public init(bytes: UnsafeRawBufferPointer, type: ElementType, shape: [Int]) throws {
    precondition(
      bytes.count == shape.reduce(type.size, *), "a tensor of \(shape) \(type)s does not have \(bytes.count) bytes")
    // An empty buffer may have no address, and libtorch copies nothing from it.
    var nothing: UInt8 = 0
    self = try Tensor("making a tensor") { out in
      withUnsafePointer(to: &nothing) {
        ct_from_data(bytes.baseAddress ?? UnsafeRawPointer($0), Int8(type.rawValue), shape.int64, shape.count, out)
      }
    }
  }

  /// A tensor whose every element is `value`.
  @TorchActor public init(
    repeating value: Double, shape: [Int], type: ElementType = .float32, device: Device = .cpu
  ) throws {
    self = try aten("full", shape, value, type, nil, device.name, title: "making a tensor of \(shape)")
  }

  /// Uniform random numbers in [low, high), float32, on the CPU.
  @TorchActor public static func uniform(_ range: Range<Double>, shape: [Int], using generator: Generator) throws
    -> Tensor
  {
    try Tensor("drawing uniform numbers") {
      ct_uniform(range.lowerBound, range.upperBound, generator.handle, shape.int64, shape.count, $0)
    }
  }

  /// Normally distributed random numbers around zero, float32, on the CPU.
  @TorchActor public static func normal(deviation: Double, shape: [Int], using generator: Generator) throws -> Tensor {
    try Tensor("drawing normal numbers") {
      ct_normal(deviation, generator.handle, shape.int64, shape.count, $0)
    }
  }

  /// The numbers 0 ..< count in random order, int64.
  @TorchActor public static func permutation(_ count: Int, using generator: Generator) throws -> Tensor {
    try Tensor("shuffling") { ct_permutation(Int64(count), generator.handle, $0) }
  }

  /// A copy of the elements in row-major order.
  ///
  /// - Precondition: `Element` is the tensor's own type.
  public func array<Element: TensorElement>(of _: Element.Type = Element.self) throws -> [Element] {
    precondition(type == Element.elementType, "the tensor does not hold \(Element.self)s")
    return try bytes().withUnsafeBytes { Array($0.bindMemory(to: Element.self)) }
  }

  /// The memory of the elements in row-major order, in the tensor's own type and this machine's byte order.
  ///
  /// - Precondition: the tensor's type is one of ``ElementType``.
  public func bytes() throws -> [UInt8] {
    guard let type else { preconditionFailure("this tensor's element type cannot be read") }
    let size = count * type.size
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
      // An empty tensor has nothing to copy, and its buffer may have no address.
      if let base = buffer.baseAddress, size > 0 {
        try check(ct_copy_to(handle, base, size), "reading a tensor", [self])
      }
      initialized = size
    }
  }

  /// The elements as float32, whatever their type.
  public func floats() throws -> [Float] { try to(.float32).array() }

  /// The elements as float64, whatever their type.
  public func doubles() throws -> [Double] { try to(.float64).array() }

  /// The elements as integers; fractions are cut off.
  public func integers() throws -> [Int] { try to(.int64).array(of: Int64.self).map(Int.init) }

  /// The same numbers as another type, on the same device.
  public func to(_ type: ElementType) throws -> Tensor { try to(type, device) }

  /// The same numbers on another device.
  ///
  /// - Precondition: the tensor's type is one of ``ElementType``.
  public func to(_ device: Device) throws -> Tensor {
    guard let type else { preconditionFailure("this tensor's element type cannot be moved") }
    return try to(type, device)
  }

  public func to(_ type: ElementType, _ device: Device) throws -> Tensor {
    try aten("to.device", self, device.name, type, title: "conversion to \(type) on \(device)")
  }

  /// The same tensor, its memory in row-major order.
  public func contiguous() throws -> Tensor { try aten("contiguous", self, title: "change of the memory layout") }
}

/// A source of random numbers on the CPU, seeded: the same seed gives the same numbers.
public final class Generator {
  let handle: OpaquePointer

  @TorchActor public init(seed: UInt64) throws {
    handle = try made("making a random generator") { ct_generator_new(seed, $0) }
  }

  deinit { ct_generator_free(handle) }
}

extension [Int] {
  var int64: [Int64] { map(Int64.init) }
}
