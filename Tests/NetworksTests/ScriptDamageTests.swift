import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Files that are not what they should be, by design or by chance: the process goes on.
@Suite(.slow) @TorchActor struct ScriptDamageTests {
  nonisolated private static let mean = "torch.mean(x, [2, 3])"
  private static let eight = ScriptSettings(height: 8, width: 8)

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @discardableResult private func open(_ archive: ScriptArchive) throws -> ScriptClassifier {
    let url = folder.file("model.pt")
    try archive.write(to: url)
    return try ScriptClassifier(contentsOf: url, settings: Self.eight)
  }

  private func expectDamage(_ archive: ScriptArchive, _ words: String) throws {
    let error = try #require(throws: ScriptError.self) { try open(archive) }
    guard case .damaged(let reason) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(reason.contains(words), "\(reason)")
  }

  @Test("an entry of gigabytes that the file does not have is damage, and no want of memory")
  func lyingLength() throws {
    var zip = try #require(try ZipFile(reading: Data(contentsOf: Fixture.url("torchscript/linear.pt"))))
    let place = try #require(zip.entries.firstIndex { $0.name.contains("/data/0") })
    (zip.entries[place].length, zip.entries[place].unpackedLength) = (.max, 2_835_349_503)
    let url = folder.file("model.pt")
    try zip.data.write(to: url)
    let error = try #require(throws: ScriptError.self) { try ScriptClassifier(contentsOf: url, settings: Self.eight) }
    #expect(error.localizedDescription.contains("two lengths"), "\(error)")
  }

  @Test(
    "malformed pickles are damage",
    arguments: [
      (Data([0x80, 2]) + Data("R.".utf8), "more values"), (Data([0x80, 2]), "cut off"), (Data(), "cut off"),
      (Data("(.".utf8), "protocol 2"), (Pickle.whole(Data("t".utf8)), "more values"),
      (Pickle.whole(Data("u".utf8)), "more values"), (Pickle.whole(Data("q\u{0}".utf8)), "more values"),
      (Pickle.whole(Data("h\u{7}".utf8)), "does not have"), (Pickle.whole(Data("(".utf8)), "does not end"),
      // The unpickler would make room for four thousand million values.
      (Pickle.whole(Data("Nr".utf8) + Data([0xFF, 0xFF, 0xFF, 0xFF])), "another order"),
      (Pickle.whole(Data("i".utf8)), "unknown instruction"),
      (Pickle.whole(Data(repeating: 0x29, count: 9)), "does not end"),
      // Freeing it would take as many steps of recursion.
      (Pickle.whole(Data("N".utf8) + Data(repeating: 0x85, count: 100_000)), "too deeply"),
      // A list that holds itself.
      (Pickle.whole(Data("]q\u{0}(h\u{0}e".utf8)), "wrong kind"),
      (Pickle.whole(Pickle.text("abc").dropLast(1)), "cut off"),
    ])
  func pickles(data: Data, words: String) throws {
    try expectDamage(ScriptArchive(code: ScriptArchive.code(["return \(Self.mean)"]), data: data), words)
  }

  @Test(
    "tensors lie within their data",
    arguments: [
      (Pickle.tensor(count: 1 << 20, shape: [1 << 20], strides: [1]), "fewer bytes"),
      (Pickle.tensor(count: 5, shape: [4], strides: [1]), "fewer bytes"),
      (Pickle.tensor(count: 4, shape: [5], strides: [1]), "beyond its data"),
      (Pickle.tensor(count: 4, shape: [2, 2], strides: [3, 1]), "beyond its data"),
      (Pickle.tensor(count: 4, offset: 1 << 40, shape: [1], strides: [1]), "beyond its data"),
      (Pickle.tensor(count: 4, offset: -1, shape: [1], strides: [1]), "impossible"),
      (Pickle.tensor(count: 4, shape: [2], strides: [-1]), "impossible"),
      (Pickle.tensor(count: 4, shape: [-1], strides: [1]), "impossible"),
      (Pickle.tensor(count: 4, shape: [.max], strides: [.max]), "impossible"),
      (Pickle.tensor(count: 4, shape: [1 << 40, 1 << 40], strides: [0, 0]), "impossible"),
      (Pickle.tensor(count: .max, shape: [1], strides: [1]), "impossible"),
      (Pickle.tensor(count: 4, shape: [4], strides: [1, 1]), "impossible"),
    ])
  func tensors(tensor: Data, words: String) throws {
    let code = ScriptArchive.code(["return \(Self.mean) + torch.sum(self.w)"], attributes: ["w : Tensor"])
    try expectDamage(
      ScriptArchive(code: code, data: Pickle.module([("w", tensor)]), tensors: [Data(count: 16)]), words)
  }

  /// Code that takes libtorch as many steps of recursion as there are pieces.
  nonisolated static let deep = [
    "parentheses": "return " + String(repeating: "(", count: 60_000) + "x" + String(repeating: ")", count: 60_000),
    "signs": "return " + String(repeating: "-", count: 60_000) + "x",
    "sums": "return " + Array(repeating: "x", count: 60_000).joined(separator: " + "),
    "choices": "y = " + String(repeating: "x if True else ", count: 30_000) + "x",
    "blocks": (0..<3000).map { String(repeating: " ", count: $0 + ($0 == 0 ? 0 : 4)) + "if True:" }
      .joined(separator: "\n"),
    "alternatives": "if True:\n      pass\n" + String(repeating: "    elif True:\n      pass\n", count: 20_000),
    "empty lines": String(repeating: "\n", count: 300_000) + "    return x",
    "comments": String(repeating: "\n  # a\n", count: 100_000),
  ]

  @Test("code that would overflow the stack is damage", arguments: deep.keys.sorted())
  func deepCode(kind: String) throws {
    let lines = try #require(Self.deep[kind])
    try expectDamage(ScriptArchive(code: ScriptArchive.code([lines])), "code/__torch__.py")
  }

  @Test("definitions that lead from one to the next without end are damage") func deepReferences() throws {
    let count = 10_000
    let functions = (0..<count).flatMap { ["def f\($0)(x: Tensor) -> Tensor:", "  return __torch__.f\($0 + 1)(x)"] }
    let last = ["def f\(count)(x: Tensor) -> Tensor:", "  return x"]
    let code = ScriptArchive.code(["return __torch__.f0(\(Self.mean))"], before: functions + last)
    try expectDamage(ScriptArchive(code: code), "too deeply")
  }

  @Test(
    "attributes and lists of a class are complete",
    arguments: [
      "a = 3", "a : int = 3", "__parameters__ : List[int]", "__annotations__[\"a\"] : int", "(a, b) = (1, 2)",
    ])
  func classBodies(line: String) throws {
    let code = ScriptArchive.code(["return \(Self.mean)"], attributes: [line])
    try expectDamage(ScriptArchive(code: code), "in a class")
  }

  // MARK: Chance

  @Test("files with bytes exchanged at random open or are refused") func mutations() throws {
    let code = ScriptArchive.code(
      [
        "if torch.gt(torch.dim(x), 3):", "  y = torch.add(\(Self.mean), self.w)", "else:", "  y = x",
        "return torch.relu(y)",
      ],
      arguments: ", k: int=3", attributes: ["w : Tensor", "l : List[int]"])
    let list =
      Pickle.global("torch.jit._pickle", "build_intlist") + Data("(](".utf8) + Pickle.integer(3) + Data("etR".utf8)
    let whole = ScriptArchive(
      code: code,
      data: Pickle.module([("w", Pickle.tensor(count: 4, shape: [3], strides: [1])), ("l", list)]),
      tensors: [Data(count: 16)])
    let url = folder.file("model.pt")
    var random = SeededGenerator(seed: 7)
    func mutated(_ data: Data) -> Data {
      var data = data
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let place = Int.random(in: 0..<data.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: data.remove(at: place)
        case 1: data.insert(data.randomElement(using: &random) ?? 0, at: place)
        case 2: data[place] = data.randomElement(using: &random) ?? 0
        default: data[place] = UInt8.random(in: 0...255, using: &random)
        }
      }
      return data
    }
    var opened = 0
    for round in 0..<240 {
      var archive = whole
      // In turn the pickle, the code, and the archive itself.
      if round % 3 < 2 {
        let name = round % 3 == 0 ? "data.pkl" : "code/__torch__.py"
        archive.records[name] = try mutated(#require(archive.records[name]))
      }
      try archive.write(to: url)
      if round % 3 == 2 { try mutated(Data(contentsOf: url)).write(to: url) }
      do {
        _ = try ScriptClassifier(contentsOf: url, settings: Self.eight)
        opened += 1
      } catch { #expect(!error.localizedDescription.contains("\n")) }
    }
    // Many exchanged bytes mean nothing, such as those of a time: the files do reach libtorch.
    #expect(opened > 10 && opened < 230)
  }
}
