import Files
import Foundation
import Tensors

/// The weights in a file of PyTorch's `torch.save`, such as `torch.save(model.state_dict(), "model.pth")`: a zip archive, or the
/// older format without one.
///
/// Such a file holds a pickle, a program that can call anything in Python. Here it is read by a reader that knows tensors,
/// numbers, texts, lists and dictionaries and calls nothing; every tensor must lie within its bytes in the file.
///
/// The dictionary may be in another one, as `state_dict` or `model`; the prefixes that `DataParallel` and `torch.compile` put
/// before the names are left out. Numbers of 16 bits become float32.
struct StateDictionary {
  let tensors: [String: Tensor]

  /// - Throws: ``StateDictionaryError``; ``ModelFileError`` for a file that is damaged; Foundation's error when it cannot be read.
  @TorchActor init(contentsOf url: URL) throws {
    let file = try Data(contentsOf: url, options: .alwaysMapped)
    let (value, storages) = StoredZip.recognizes(file) ? try Self.archive(file) : try Self.older(file)
    let named = try Self.named(value)
    var memory = MemoryBudget(file: file.count)
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in named { tensors[name] = try tensor.make(name, from: storages, &memory) }
    self.tensors = tensors
  }

  /// Whether a file may be one: a zip archive with a pickle and no code, or a bare pickle with PyTorch's mark.
  static func recognizes(_ url: URL) -> Bool {
    guard let file = try? Data(contentsOf: url, options: .alwaysMapped) else { return false }
    if StoredZip.recognizes(file) {
      guard let names = try? StoredZip(file).names else { return false }
      return names.contains { $0.hasSuffix("data.pkl") } && !isScript(names)
    }
    return file.prefix(olderMark.count) == olderMark
  }

  private static func isScript(_ names: [String]) -> Bool { names.contains { $0.hasSuffix("constants.pkl") } }

  // MARK: The two formats

  typealias Content = (value: PickleReader.Value, storages: [String: Data])

  private static func archive(_ file: Data) throws -> Content {
    let zip = try StoredZip(file)
    guard !isScript(zip.names),
      let name = zip.names.first(where: { name in
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count < 3 && parts.last == "data.pkl"
      })
    else { throw StateDictionaryError.noTensors }
    let folder = name.dropLast("data.pkl".count)
    guard zip["\(folder)byteorder"].map({ $0 == Data("little".utf8) }) ?? true else {
      throw StateDictionaryError.unusable("was written on a machine with another order of bytes")
    }
    var pickle = PickleReader(zip[name] ?? Data())
    let value = try pickle.read()
    let prefix = "\(folder)data/"
    let records = zip.names.filter { $0.hasPrefix(prefix) }
    return (
      value, Dictionary(uniqueKeysWithValues: records.map { (String($0.dropFirst(prefix.count)), zip[$0] ?? Data()) })
    )
  }

  /// What the older format begins with: a pickle of the number 0x1950a86a20f9469cfc6c.
  private static let olderMark = Data([
    0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ])

  /// Pickles one after the other (the mark, the format's version, facts of the machine, the value, the names of the storages),
  /// then each storage: the number of its elements and their bytes.
  private static func older(_ file: Data) throws -> Content {
    guard file.prefix(olderMark.count) == olderMark else { throw StateDictionaryError.noTensors }
    var pickle = PickleReader(file.dropFirst(olderMark.count))
    guard case .int(1001) = try pickle.read() else { throw ModelFileError.damaged("its format has an unknown version") }
    if case .dictionary(let facts) = try pickle.read(), case .bool(false) = facts.entries["little_endian"] {
      throw StateDictionaryError.unusable("was written on a machine with another order of bytes")
    }
    let value = try pickle.read()
    let types = pickle.storages
    guard case .list(let keys) = try pickle.read() else {
      throw ModelFileError.damaged("it does not name its tensors' data")
    }
    var storages: [String: Data] = [:]
    for key in keys.elements {
      guard case .text(let name) = key, let size = types[name]?.size else {
        throw ModelFileError.damaged("it has data that no tensor uses")
      }
      let count = try pickle.number(UInt64.self)
      guard let bytes = Int(exactly: count)?.multipliedReportingOverflow(by: size), !bytes.overflow else {
        throw ModelFileError.damaged("it is cut off")
      }
      storages[name] = try pickle.take(bytes.partialValue)
    }
    return (value, storages)
  }

  // MARK: Names

  private static let wrappers = ["state_dict", "model_state_dict", "model", "net", "network", "weights"]

  private static func named(_ value: PickleReader.Value) throws -> [String: PickleReader.StoredTensor] {
    guard case .dictionary(let dictionary) = value else { throw StateDictionaryError.noTensors }
    var found = dictionary
    if tensors(dictionary).isEmpty {
      let inner = wrappers.lazy.compactMap { name -> PickleReader.Container? in
        if case .dictionary(let inner) = dictionary.entries[name], !tensors(inner).isEmpty { return inner }
        return nil
      }.first
      guard let inner else { throw StateDictionaryError.noTensors }
      found = inner
    }
    var named = tensors(found)
    for prefix in ["_orig_mod.", "module."] where named.keys.allSatisfy({ $0.hasPrefix(prefix) }) {
      named = Dictionary(uniqueKeysWithValues: named.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    }
    return named
  }

  private static func tensors(_ dictionary: PickleReader.Container) -> [String: PickleReader.StoredTensor] {
    dictionary.entries.compactMapValues { if case .tensor(let tensor) = $0 { tensor } else { nil } }
  }
}

/// Why a file of `torch.save` cannot be used. The messages do not name the file: whoever opens it does.
enum StateDictionaryError: LocalizedError, Equatable {
  case noTensors
  /// What its pickle would call.
  case calls(String)
  case unusable(String)

  var errorDescription: String? {
    switch self {
    case .noTensors:
      "the file holds no dictionary of tensors; in Python, save one with torch.save(model.state_dict(), \"model.pth\")"
    case .calls(let name):
      "the file is refused because it calls \(name.plain) when it is loaded, and so might do anything; weights alone need none of "
        + "this: in Python, save them with torch.save(model.state_dict(), \"model.pth\")"
    case .unusable(let what): "the file \(what)"
    }
  }
}

/// How much memory the tensors of a file may take: what is in it, some of it several times.
struct MemoryBudget {
  private var left: Int

  init(file bytes: Int) { left = bytes.multipliedReportingOverflow(by: 4).partialValue + (1 << 26) }

  mutating func take(_ bytes: Int, for name: String) throws {
    guard bytes <= left else {
      throw ModelFileError.damaged("the tensors up to “\(name.plain)” are said to have more bytes than the file")
    }
    left -= bytes
  }
}

extension PickleReader.StoredTensor {
  @TorchActor fileprivate func make(
    _ name: String, from storages: [String: Data], _ memory: inout MemoryBudget
  ) throws -> Tensor {
    func damaged(_ what: String) -> ModelFileError { .damaged("the weights “\(name.plain)” \(what)") }
    guard let type = storage.type.elementType else {
      throw damaged("have the element type \(storage.type.name), which is not used here")
    }
    guard let bytes = storages[storage.key], storage.count <= bytes.count / type.size else {
      throw damaged("have less data than they say")
    }
    guard let count = layout.count(within: storage.count) else {
      throw damaged("have the shape \(layout.shape), which reaches beyond their data")
    }
    let used = bytes.prefix(storage.count * type.size)
    try memory.take(max(count * type.size, layout.isContiguous ? 0 : used.count), for: name)
    let tensor = try layout.tensor(of: used, type: type, count: count)
    // Of its own memory, in row-major order.
    return try tensor.to([.float16, .bfloat16].contains(type) ? .float32 : type).contiguous()
  }
}
