import Foundation
import Maps
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Files that were made to do harm: what they reach for stays as it was.
@Suite @TorchActor struct ScriptSafetyTests {
  nonisolated private static let mean = "torch.mean(x, [2, 3])"
  private static let eight = ScriptSettings(height: 8, width: 8)

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @discardableResult private func open(_ archive: ScriptArchive) throws -> ScriptClassifier {
    let url = folder.file("model.pt")
    try archive.write(to: url)
    return try ScriptClassifier(contentsOf: url, settings: Self.eight)
  }

  @Test("a harmless file of this making opens and runs")
  func harmless() throws {
    let weights = Pickle.tensor(count: 4, shape: [3], strides: [1])
    let classifier = try open(
      ScriptArchive(
        code: ScriptArchive.code(
          ["return torch.add(\(Self.mean), self.w)"], arguments: ", k: int=3, l: List[float]=[1., -2.]",
          attributes: ["w : Tensor", "c : Final[int] = 3"]),
        data: Pickle.module([("w", weights)]), tensors: [Data(count: 16)]))
    #expect(try classifier.logits(Tensor(repeating: 0.5, shape: [1, 3, 8, 8])).floats() == [0.5, 0.5, 0.5])
  }

  // MARK: Reaching for files

  /// Places in a file where code could overwrite another file with the letter A.
  nonisolated static let attacks: [(place: String, archive: @Sendable (String) -> ScriptArchive)] = [
    ("forward", { ScriptArchive(code: ScriptArchive.code(["return \(mean) + torch.sum(\($0))"])) }),
    (
      "another name for torch",
      {
        let code = ScriptArchive.code([
          "t = torch", "return \(mean) + torch.sum(\($0.replacing("torch.", with: "t.")))",
        ])
        return ScriptArchive(code: code)
      }
    ),
    (
      "a block in a block",
      {
        let lines = [
          "y = x", "for i in range(1):", "  if torch.gt(torch.dim(x), 0):", "    y = \($0)", "  else:", "    pass",
        ]
        return ScriptArchive(code: ScriptArchive.code(lines + ["return \(mean) + torch.sum(y)"]))
      }
    ),
    (
      "a function",
      {
        let function = ["def f(x: Tensor) -> Tensor:", "  return \($0)"]
        let code = ScriptArchive.code(["return \(mean) + torch.sum(__torch__.f(x))"], before: function)
        return ScriptArchive(code: code)
      }
    ),
    (
      "a method of an attribute",
      {
        let inner = ["class N:", "  a : int", "  def f(self: __torch__.N) -> Tensor:", "    return \($0)"]
        let code = ScriptArchive.code(
          ["return \(mean) + torch.sum((self.n).f())"], attributes: ["n : __torch__.N"], before: inner)
        return ScriptArchive(code: code, data: Pickle.module([("n", Pickle.object("N", [("a", Pickle.integer(1))]))]))
      }
    ),
    (
      "a method behind an interface",
      {
        let interface = ["class I(Interface):", "  def f(self) -> Tensor:", "    pass"]
        let inner = ["class N:", "  a : int", "  def f(self: __torch__.N) -> Tensor:", "    return \($0)"]
        let code = ScriptArchive.code(
          ["return \(mean) + torch.sum((self.n).f())"], attributes: ["n : __torch__.I"], before: interface + inner)
        return ScriptArchive(code: code, data: Pickle.module([("n", Pickle.object("N", [("a", Pickle.integer(1))]))]))
      }
    ),
    (
      "another thread",
      {
        let function = ["def f(x: Tensor) -> Tensor:", "  return \($0)"]
        let code = ScriptArchive.code(
          ["y = fork(__torch__.f, x)", "return \(mean) + torch.sum(torch.wait(y))"], before: function)
        return ScriptArchive(code: code)
      }
    ),
    (
      "the default of an argument",
      { ScriptArchive(code: ScriptArchive.code(["return \(mean)"], arguments: ", y: Tensor=\($0)")) }
    ),
    (
      "a constant of a class",
      { ScriptArchive(code: ScriptArchive.code(["return \(mean)"], attributes: ["k : Final[Tensor] = \($0)"])) }
    ),
    (
      "restoring an object",
      {
        let methods = [
          "def __getstate__(self: __torch__.M) -> int:", "  return 1",
          "def __setstate__(self: __torch__.M, s: int) -> NoneType:", "  y = \($0)",
          "  self.training = bool(torch.sum(y))",
          "  return None",
        ]
        let object =
          Pickle.global("__torch__", "M") + Data([UInt8(ascii: ")"), 0x81]) + Pickle.integer(1) + Data("b".utf8)
        let code = ScriptArchive.code(["return \(mean)"], methods: methods)
        return ScriptArchive(code: code, data: Pickle.whole(object))
      }
    ),
  ]

  @Test("files stay as they are, wherever the code stands", arguments: attacks.map(\.place))
  func files(place: String) throws {
    let victim = folder.file("victim")
    try Data(repeating: UInt8(ascii: "v"), count: 64).write(to: victim)
    let attack = try #require(Self.attacks.first { $0.place == place })
    let write = "torch.fill_(torch.from_file(\"\(victim.path)\", True, 64, dtype=0), 65)"
    let error = try #require(throws: ScriptError.self) { try open(attack.archive(write)) }
    #expect(try Data(contentsOf: victim) == Data(repeating: UInt8(ascii: "v"), count: 64))
    guard case .forbidden = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.errorDescription?.contains("\n") == false)
  }

  @Test(
    "operators beyond networks are forbidden",
    arguments: [
      ("ops.aten.save(x, \"victim\")", "aten::save"),
      ("ops.profiler._record_function_enter(\"a\", None)", "profiler::_record_function_enter"),
      ("torch.resize_(x, [1000000])", "aten::resize_"), ("torch.set_(x, x)", "aten::set_"),
      ("torch.manual_seed(1)", "aten::manual_seed"), ("torch._coalesced_(x, True)", "aten::_coalesced_"),
      ("torch.mkldnn_convolution(x, x, None, [0], [1], [1], 1)", "aten::mkldnn_convolution"),
      ("torch.relu_(torch.embedding_renorm_(x, torch.argmax(x), 1., 2.))", "aten::embedding_renorm_"),
    ])
  func operators(call: String, name: String) throws {
    // Assigned to the module, so that the compiler cannot leave it out.
    let archive = ScriptArchive(code: ScriptArchive.code(["y = \(call)", "print(y)", "return \(Self.mean)"]))
    #expect(throws: ScriptError.forbidden("uses the operator \(name)")) { try open(archive) }
  }

  @Test(
    "pickles call nothing but what makes tensors and lists", arguments: ["os system", "builtins eval", "torch load"])
  func calls(function: String) throws {
    let names = function.split(separator: " ").map(String.init)
    let call = Pickle.global(names[0], names[1]) + Pickle.tuple([Pickle.text("touch victim")]) + Data("R".utf8)
    let archive = ScriptArchive(
      code: ScriptArchive.code(["return \(Self.mean)"], attributes: ["a : int"]), data: Pickle.module([("a", call)]))
    let expected = ScriptError.forbidden("calls \(names[0]).\(names[1]) when it is loaded")
    #expect(throws: expected) { try open(archive) }
  }

  @Test("an object is not taken for one of another class") func classes() throws {
    let others = ["class C:", "  a : Tensor", "  b : Tensor", "class D:", "  a : int"]
    func archive(_ type: String, _ object: String) -> ScriptArchive {
      ScriptArchive(
        code: ScriptArchive.code(
          ["return \(Self.mean) + (\(object)).b"], attributes: ["w : \(type)"], before: others),
        data: Pickle.module([("w", Pickle.object("D", [("a", Pickle.integer(1))]))]))
    }
    #expect(throws: ScriptError.damaged(reason: "a value is not of its type __torch__.C")) {
      try open(archive("__torch__.C", "self.w"))
    }
    #expect(throws: ScriptError.forbidden("takes a value for one of another type")) {
      try open(archive("Any", "unchecked_cast(__torch__.C, self.w)"))
    }
  }

  @Test("a tuple is not taken for a longer one, but what is optional for what it is when it is there")
  func tuples() throws {
    func archive(_ type: String, _ use: [String]) -> ScriptArchive {
      ScriptArchive(
        code: ScriptArchive.code(use + ["return torch.mul(\(Self.mean), a)"], attributes: ["w : \(type)"]),
        data: Pickle.module([("w", Pickle.tuple([Pickle.integer(2), Pickle.integer(3)]))]))
    }
    let cast = { (type: String) in ["w = self.w", "t = unchecked_cast(\(type), w)"] }
    #expect(throws: ScriptError.forbidden("takes a value for one of another type")) {
      try open(archive("Any", cast("Tuple[int, int, int]") + ["a, b, c, = t"]))
    }
    let classifier = try open(archive("Optional[Tuple[int, int]]", cast("Tuple[int, int]") + ["a, b, = t"]))
    #expect(try classifier.logits(Tensor(repeating: 0.5, shape: [1, 3, 8, 8])).floats() == [1, 1, 1])
    #expect(throws: ScriptError.self) {
      try open(archive("Optional[Tuple[int, int, int]]", cast("Tuple[int, int, int]") + ["a, b, c, = t"]))
    }
  }
}
