import Foundation
import Saliency
import TestSupport
import Testing

/// Ctrl-C and the like. The program is signalled when it is known to be at work.
@Suite(.slow) struct ConsoleTests {
  private let command: Command

  init() throws { command = try Command() }

  @Test("Ctrl-C ends with 130, every file whole and nothing else left", arguments: [SIGINT, SIGTERM])
  func interruptedExplaining(signal: Int32) async throws {
    let count = 150
    for index in 0..<count { try Materials.picture(seed: 0).writePNG(to: command.file("photos/\(index).png")) }
    let model = try await Materials.model()
    var sent = false
    // Small batches, so that much is left to do.
    let finished = try command.run(
      ["explain", "photos", "--model", model, "--save-maps", "-o", "out", "--memory", "309MB"],
      signalling: {
        guard !sent, command.files(in: "out").contains(where: { $0.hasSuffix(".saliency.png") }) else { return nil }
        sent = true
        return signal
      })
    #expect(finished.status == 130)
    #expect(finished.errors == ["Interrupted."])
    let files = command.files(in: "out")
    let figures = files.filter { $0.hasSuffix(".saliency.png") }
    #expect(figures.count > 0 && figures.count < count)
    #expect(finished.lines.count { !$0.hasPrefix("  ") } == figures.count)
    for name in files {
      let url = command.folder.file("out/\(name)")
      if name.hasSuffix(".png") {
        #expect(try Data(contentsOf: url).suffix(8).starts(with: Data("IEND".utf8)), "\(name)")
      } else {
        #expect(name.hasSuffix(".npy"), "\(name) is left over")
        #expect(try readNumPy(url).width == 16, "\(name)")
      }
    }
  }

  @Test("Ctrl-C in the middle of a thousand classes does not wait for the last of them")
  func interruptedClasses() async throws {
    try Materials.picture(seed: 1).writePNG(to: command.folder.file("photo.png"))
    let model = try await Materials.resNet18()
    var (begun, sent): (ContinuousClock.Instant?, ContinuousClock.Instant?)
    let finished = try command.run(
      ["explain", "photo.png", "--model", model, "--rivals", "all", "-o", "out"],
      signalling: {
        // The output folder is made first, however busy the machine; two seconds later the classes are under way.
        if begun == nil, FileManager.default.fileExists(atPath: command.folder.file("out").path) { begun = .now }
        guard sent == nil, let begun, ContinuousClock.now - begun > .seconds(2) else { return nil }
        sent = .now
        return SIGINT
      })
    #expect(finished.status == 130)
    #expect(finished.errors == ["Interrupted."])
    #expect(finished.output == "")
    #expect(command.files(in: "out").isEmpty)
    #expect(ContinuousClock.now - (try #require(sent)) < .seconds(20))
  }

  @Test("Ctrl-C ends an endless loop in a model's own code", arguments: [SIGINT, SIGTERM])
  func interruptedScript(signal: Int32) throws {
    try Materials.picture(seed: 1).writePNG(to: command.folder.file("photo.png"))
    let code = ScriptArchive.code(["while True:", "  y = torch.relu(x)", "return torch.mean(x, [2, 3])"])
    try ScriptArchive(code: code).write(to: command.folder.file("endless.pt"))
    var (begun, sent): (ContinuousClock.Instant?, ContinuousClock.Instant?)
    let finished = try command.run(
      ["explain", "photo.png", "--size", "8", "--model", "endless.pt", "-o", "out"],
      signalling: {
        // The output folder is made first, and loading so small a model takes far less than a second.
        if begun == nil, FileManager.default.fileExists(atPath: command.folder.file("out").path) { begun = .now }
        guard sent == nil, let begun, ContinuousClock.now - begun > .seconds(1) else { return nil }
        sent = .now
        return signal
      })
    #expect(finished.status == 130 && finished.output == "" && finished.errors == ["Interrupted."])
    #expect(ContinuousClock.now - (try #require(sent)) < .seconds(10))
  }

  @Test("names cannot send commands to the terminal")
  func controlCharacters() async throws {
    let name = "\u{1B}]0;title\u{7}.png"
    try Materials.picture(seed: 1).writePNG(to: command.folder.file(name))
    try command.add(Data("\u{1B}[31ma\nb\r\nc\nd".utf8), as: "labels.txt")
    let finished = try command.run(
      "explain", name, "missing-\(name)", "--model", try await Materials.model(), "--labels", "labels.txt")
    #expect(finished.status == 1 && finished.lines.count == 2 && finished.errors.count == 1)
    for text in [finished.output] + finished.errors {
      #expect(text.contains("\u{FFFD}]0;title\u{FFFD}"))
      #expect(!text.contains("\u{1B}") && !text.contains("\u{7}"))
    }
    #expect(finished.output.contains("\u{FFFD}[31ma "))
  }

  @Test("a standard output that is full is an error")
  func fullOutput() async throws {
    try Materials.picture(seed: 1).writePNG(to: command.folder.file("photo.png"))
    let finished = try command.run(
      ["explain", "photo.png", "--model", try await Materials.model()], output: "/dev/full")
    #expect(finished.status == 1)
    #expect(finished.errors.count == 1 && finished.errors[0].contains("standard output"))
  }
}
