import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Files of torch.save (`Tests/Fixtures/state-dictionaries`) give their tensors, and nothing in them is called.
@Suite @TorchActor struct StateDictionaryTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func url(_ name: String) -> URL { Fixture.url("state-dictionaries/\(name).pth") }

  private func read(_ data: Data) throws -> [String: Tensor] {
    let url = folder.file("model.pth")
    try data.write(to: url)
    return try StateDictionary(contentsOf: url).tensors
  }

  @Test(
    "tensors are what PyTorch saved, in whichever format",
    arguments: ["zip", "older", "protocol-4", "checkpoint", "compiled"])
  func tensors(name: String) throws {
    #expect(StateDictionary.recognizes(Self.url(name)))
    let tensors = try StateDictionary(contentsOf: Self.url(name)).tensors
    let shapes = [
      "plain": [2, 3], "transposed": [3, 2], "part": [3, 4], "scalar": [], "empty": [0, 4], "half": [4],
      "bfloat16": [4],
      "float64": [4], "parameter": [2, 2], "num_batches_tracked": [],
    ]
    #expect(tensors.mapValues(\.shape) == shapes)
    for (name, tensor) in tensors where name != "num_batches_tracked" {
      #expect(try tensor.doubles() == (0..<tensor.count).map { Double($0) / 2 }, "\(name)")
      #expect(tensor.type == (name == "float64" ? .float64 : .float32), "\(name)")
    }
    #expect(try tensors["num_batches_tracked"]?.integers() == [1_234_567_890_123])
  }

  @Test("tensors may share their data")
  func shared() throws {
    let tensors = try StateDictionary(contentsOf: Self.url("shared")).tensors
    #expect(tensors.count == 20)
    #expect(try tensors["t7"]?.doubles() == (0..<64).map { Double($0) / 2 })
  }

  @Test(
    "what would be called is named, and not called",
    arguments: [
      ("model", "torch.nn.modules.linear.Linear"), ("arguments", "argparse.Namespace"), ("harm", "posix.system"),
      ("harm-older", "posix.system"),
    ])
  func calls(name: String, function: String) throws {
    let error = try #require(throws: StateDictionaryError.self) { try StateDictionary(contentsOf: Self.url(name)) }
    #expect(error == .calls(function))
    #expect(error.localizedDescription.contains("because it calls \(function) when it is loaded"))
  }

  @Test("files without tensors by names are told", arguments: ["numbers", "tensor"])
  func nothing(name: String) {
    #expect(throws: StateDictionaryError.noTensors) { try StateDictionary(contentsOf: Self.url(name)) }
  }

  @Test("files of other kinds are not taken for one")
  func others() {
    for file in ["torchscript/cnn.pt", "exported/cnn.pt2", "exported/expected.safetensors", "formula.py"] {
      #expect(!StateDictionary.recognizes(Fixture.url(file)), "\(file)")
      #expect(throws: (any Error).self) { try StateDictionary(contentsOf: Fixture.url(file)) }
    }
  }

  // MARK: Damage

  /// A zip archive with that pickle and 16 bytes of data, beside it what a machine of this order of bytes writes.
  nonisolated private static func archive(_ pickle: Data, byteOrder: String = "little") -> Data {
    ZipFile([
      ZipFile.Entry("m/data.pkl", pickle), ZipFile.Entry("m/byteorder", Data(byteOrder.utf8)),
      ZipFile.Entry("m/data/0", Data(count: 16)),
    ]).data
  }

  nonisolated private static func dictionary(_ tensor: Data) -> Data {
    archive(Pickle.whole(Data("}".utf8) + Pickle.text("w") + tensor + Data("s".utf8)))
  }

  @Test("a tensor of a pickle made by hand")
  func byHand() throws {
    let tensors = try read(Self.dictionary(Pickle.tensor(count: 4, offset: 1, shape: [3], strides: [1])))
    #expect(tensors["w"]?.shape == [3])
  }

  @Test(
    "tensors lie within their data",
    arguments: [
      (Pickle.tensor(count: 5, shape: [4], strides: [1]), "less data"),
      (Pickle.tensor(count: 1 << 61, shape: [4], strides: [1]), "less data"),
      (Pickle.tensor(record: "1", count: 4, shape: [4], strides: [1]), "less data"),
      (Pickle.tensor(count: -1, shape: [4], strides: [1]), "wrong kind"),
      (Pickle.tensor(count: 4, shape: [5], strides: [1]), "beyond"),
      (Pickle.tensor(count: 4, shape: [2, 2], strides: [3, 1]), "beyond"),
      (Pickle.tensor(count: 4, shape: [2], strides: [-1]), "beyond"),
      (Pickle.tensor(count: 4, shape: [-2], strides: [1]), "beyond"),
      (Pickle.tensor(count: 4, shape: [2, 2], strides: [1]), "beyond"),
      (Pickle.tensor(count: 4, offset: .max, shape: [2], strides: [.max]), "beyond"),
      (Pickle.tensor(count: 4, shape: [1 << 40, 1 << 40], strides: [0, 0]), "beyond"),
      // No elements, but lengths whose product overflows.
      (Pickle.tensor(count: 4, shape: [1 << 62, 1 << 62, 0], strides: [1, 1, 1]), "beyond"),
      (Pickle.tensor(count: 4, shape: [0, 1 << 62, 1 << 62], strides: [1, 1 << 62, 1]), "beyond"),
      // 10 GB of one number.
      (Pickle.tensor(count: 4, shape: [2_500_000_000], strides: [0]), "more bytes than the file"),
    ])
  func reach(tensor: Data, words: String) throws {
    let error = try #require(throws: ModelFileError.self) { try read(Self.dictionary(tensor)) }
    #expect(error.localizedDescription.contains(words), "\(error)")
  }

  @Test(
    "malformed pickles are damage",
    arguments: [
      (Data(), "cut off"), (Data([0x80, 2]), "cut off"), (Data("(.".utf8), "protocol 2"),
      (Data([0x80, 2, 0x2E]), "end"),
      (Data([0x80, 2]) + Data("R.".utf8), "more values"), (Pickle.whole(Data("t".utf8)), "more values"),
      (Pickle.whole(Data("(".utf8)), "does not end"),
      (Pickle.whole(Data("h\u{7}".utf8)), "does not have"),
      (Pickle.whole(Data("q\u{0}".utf8)), "not there"),
      (Pickle.whole(Data("Nb".utf8)), "more values"),
      (Pickle.whole(Data("i".utf8)), "instruction 105"),
      (Pickle.whole(Data("N(u".utf8)), "wrong kind"), (Pickle.whole(Data("}(Nu".utf8)), "wrong kind"),
      (Pickle.whole(Data("]q\u{0}h\u{0}a".utf8)), "holds itself"),
      (Pickle.whole(Data("}q\u{0}X\u{1}\u{0}\u{0}\u{0}ah\u{0}s".utf8)), "holds itself"),
      (Pickle.whole(Data("N".utf8) + Data(repeating: 0x85, count: 100_000)), "too deeply"),
      (Pickle.whole(Data(repeating: UInt8(ascii: "]"), count: 9)), "does not end"),
      (Pickle.whole(Data("X".utf8) + Data([0xFF, 0xFF, 0xFF, 0xFF])), "cut off"),
      (Pickle.whole(Data([0x8D]) + Data(repeating: 0xFF, count: 8)), "cut off"),
    ])
  func malformed(pickle: Data, words: String) throws {
    let error = try #require(throws: ModelFileError.self) { try read(Self.archive(pickle)) }
    #expect(error.localizedDescription.contains(words), "\(error)")
  }

  @Test("values that are held twice each, again and again, take no time")
  func doubling() throws {
    // Sixty tuples of the one before, twice each: 2⁶⁰ values in all.
    let twice = Data([UInt8(ascii: "q"), 0, UInt8(ascii: "h"), 0, 0x86])
    let pickle = Pickle.whole(Data("N".utf8) + (0..<60).flatMap { _ in twice })
    #expect(throws: StateDictionaryError.noTensors) { try read(Self.archive(pickle)) }
  }

  @Test("another order of bytes is told")
  func byteOrder() {
    #expect(throws: StateDictionaryError.unusable("was written on a machine with another order of bytes")) {
      try read(Self.archive(Data(), byteOrder: "big"))
    }
  }

  @Test("truncated and changed files open or are errors", arguments: ["zip", "older"])
  func mutations(name: String) throws {
    let original = try Data(contentsOf: Self.url(name))
    for length in stride(from: 0, to: original.count, by: 97) {
      #expect(throws: (any Error).self) { try read(original.prefix(length)) }
    }
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<300 {
      var file = original
      file[Int.random(in: 0..<file.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      _ = try? read(file)
    }
  }
}
