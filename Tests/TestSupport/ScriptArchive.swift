import Foundation

/// A TorchScript file made by hand: whatever code and pickles a test wants, well formed or not.
public struct ScriptArchive {
  /// The records by name.
  public var records: [String: Data]

  /// - Parameters:
  ///   - code: `code/__torch__.py`.
  ///   - data: the pickle of the module.
  ///   - tensors: the records of the module's tensors, from `data/0` on.
  public init(code: String, data: Data = Pickle.module(), tensors: [Data] = []) {
    records = [
      "data.pkl": data, "constants.pkl": Pickle.whole(Data(")".utf8)), "code/__torch__.py": Data(code.utf8),
      "version": Data("3\n".utf8),
    ]
    for (index, tensor) in tensors.enumerated() { records["data/\(index)"] = tensor }
  }

  /// A class M whose forward function consists of some lines, and gets images x and these other arguments.
  ///
  /// - Parameters:
  ///   - attributes: lines of the class's body.
  ///   - before: definitions that go before it.
  public static func code(
    _ lines: [String], arguments: String = "", attributes: [String] = [], methods: [String] = [], before: [String] = []
  ) -> String {
    let head = ["class M(Module):", "  __parameters__ = []", "  __buffers__ = []", "  training : bool"]
    let forward = ["  def forward(self: __torch__.M, x: Tensor\(arguments)) -> Tensor:"] + lines.map { "    " + $0 }
    return (before + head + attributes.map { "  " + $0 } + forward + methods.map { "  " + $0 })
      .joined(separator: "\n") + "\n"
  }

  public func write(to url: URL) throws {
    try TarFile.write(records.sorted { $0.key < $1.key }.map { .file("m/" + $0.key, $0.value) }, to: url, as: ".zip")
  }
}

/// Pieces of pickles as torch.jit.save writes them.
public enum Pickle {
  public static func whole(_ value: Data) -> Data { Data([0x80, 2]) + value + Data(".".utf8) }

  public static func text(_ text: String) -> Data { Data("X".utf8) + bytes(UInt32(text.utf8.count)) + Data(text.utf8) }

  public static func integer(_ value: Int64) -> Data { Data([0x8A, 8]) + bytes(value) }

  public static func global(_ module: String, _ name: String) -> Data { Data("c\(module)\n\(name)\n".utf8) }

  public static func tuple(_ values: [Data]) -> Data { Data("(".utf8) + values.joined() + Data("t".utf8) }

  public static func object(_ type: String, _ attributes: [(String, Data)]) -> Data {
    global("__torch__", type) + Data([UInt8(ascii: ")"), 0x81]) + Data("}(".utf8)
      + attributes.map { text($0) + $1 }.joined() + Data("ub".utf8)
  }

  /// The module M of ``ScriptArchive/code(_:arguments:attributes:methods:before:)``, with these attributes of its own.
  public static func module(_ attributes: [(String, Data)] = []) -> Data {
    whole(object("M", [("training", Data([0x89]))] + attributes))
  }

  /// A float32 tensor.
  ///
  /// - Parameter count: the elements that its storage is said to have.
  public static func tensor(
    record: String = "0", count: Int64, offset: Int64 = 0, shape: [Int64], strides: [Int64]
  ) -> Data {
    let storage = tuple([text("storage"), global("torch", "FloatStorage"), text(record), text("cpu"), integer(count)])
    let hooks = global("collections", "OrderedDict") + Data(")R".utf8)
    return global("torch._utils", "_rebuild_tensor_v2")
      + tuple([
        storage + Data("Q".utf8), integer(offset), tuple(shape.map(integer)), tuple(strides.map(integer)), Data([0x89]),
        hooks,
      ]) + Data("R".utf8)
  }

  private static func bytes(_ value: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: value.littleEndian) { Data($0) }
  }
}
