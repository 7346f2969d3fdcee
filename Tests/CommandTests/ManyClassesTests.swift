import Foundation
import Saliency
import TestSupport
import Testing

/// Models with more than 50 classes that do not end in a linear layer are compared with some of them unless the user says
/// otherwise.
@Suite(.slow) struct ManyClassesTests {
  private let command: Command
  private let model = [
    "--model", Fixture.url("torchscript/thousand-bounded.pt").path, "--size", "16",
  ]

  init() throws {
    command = try Command()
    try command.addPictures("photo.png")
  }

  private func explain(_ arguments: String..., folder: String) throws -> Command.Finished {
    try command.run(["explain", "photo.png", "--save-maps", "-o", folder] + model + arguments)
  }

  private func map(_ folder: String) throws -> [Float] {
    try readNumPy(command.folder.file("\(folder)/photo.gradient.active.npy")).values
  }

  @Test("the 20 most probable classes are compared with, and what all would take is told")
  func usual() throws {
    let finished = try explain(folder: "usual")
    #expect(finished.status == 0)
    #expect(finished.lines[0].hasSuffix("; rivals: the 20 most probable of 999"))
    #expect(finished.errors.count == 1)
    let note = try #require(finished.errors.first)
    #expect(
      note.hasPrefix("Compared with the 20 most probable of 999 other classes; --rivals all compares with all of them"))
    #expect(note.firstMatch(of: #/, in about \d+:\d\d a picture instead of \d+:\d\d\.$/#) != nil)

    let asked = try explain("--rivals", "20", folder: "asked")
    #expect(asked.errors == [] && asked.lines[0] == finished.lines[0])
    #expect(try map("usual") == map("asked"))
    let all = try explain("--rivals", "all", folder: "all")
    #expect(all.errors == [] && !all.lines[0].contains("rivals"))
  }

  @Test("JSON has the number and the classes, and no other is anyone's strongest rival")
  func json() throws {
    func object(_ arguments: String...) throws -> [String: Any] {
      let finished = try command.run(
        ["explain", "photo.png", "--json", "--views", "rivalry", "--save-maps", "--force"] + model + arguments)
      return try #require(JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any])
    }
    func rivals() throws -> Set<Int> {
      Set(try readNumPy(command.folder.file("photo.gradient.rivalry-strongest.npy")).values.map { Int($0) })
    }
    let usual = try object()
    #expect(usual["rivals"] as? String == "20")
    let classes = Set(try #require(usual["rivalClasses"] as? [Int]))
    #expect(classes.count == 20)
    #expect(try rivals().isSubset(of: classes))
    let all = try object("--rivals", "all")
    #expect(all["rivals"] as? String == "all" && all["rivalClasses"] == nil)
    #expect(try !rivals().isSubset(of: classes))
  }

  @Test("where features do instead of classes, all are compared with")
  func linear() throws {
    let linear = ["--model", Fixture.url("torchscript/thousand-classes.pt").path, "--size", "16"]
    let finished = try command.run(["explain", "photo.png", "--save-maps", "-o", "linear"] + linear)
    #expect(finished.status == 0 && finished.errors == [] && !finished.lines[0].contains("rivals"))
  }

  @Test("maps that compare nothing need no rivals")
  func noRivals() throws {
    let finished = try command.run(["explain", "photo.png", "--views", "positive"] + model)
    #expect(finished.errors == [] && !finished.lines[0].contains("rivals"))
  }

  @Test("an audit checks the maps that compare with those, and says so")
  func audit() throws {
    let options = ["audit", "--limit", "2"] + model
    let usual = try command.run(options)
    #expect(
      usual.errors.count == 1 && usual.errors[0].hasPrefix("Compared with the 20 most probable of 999 other classes"))
    #expect(
      usual.output.replacing(#/\s+/#, with: " ").contains(
        "of the class and the 20 most probable of 999 others one at a time"))
    let asked = try command.run(options + ["--rivals", "3"])
    #expect(asked.errors == [])
    #expect(asked.output.replacing(#/\s+/#, with: " ").contains("of the class and the 3 most probable of 999 others"))
    #expect(asked.status == 0 && usual.status == 0)
  }
}
