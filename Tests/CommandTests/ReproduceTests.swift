import Foundation
import TestSupport
import Testing

@Suite(.slow) struct ReproduceTests {
  @Test("two processes share the models; one makes the page, which is what one process makes")
  func shared() throws {
    let command = try Command()
    let options = ["reproduce", "--datasets", "fashion-mnist", "--limit", "8", "--threads", "1"]
    let alone = try command.run(options + ["--output", "alone"])
    #expect(alone.status == 0)
    let both = try command.runTogether(options + ["--output", "shared"])
    #expect(both.map(\.status) == [0, 0])
    #expect(both.contains { $0.lines.last == "shared/index.html" })
    #expect(command.files(in: "shared") == command.files(in: "alone"))
    for name in try #require(FileManager.default.subpaths(atPath: command.file("alone").path)) {
      // What says how long it took.
      guard [".npy", ".csv", ".png", ".txt"].contains(where: name.hasSuffix) else { continue }
      let files = try ["alone", "shared"].map { try Data(contentsOf: command.file("\($0)/\(name)")) }
      #expect(files[0] == files[1], "\(name)")
    }
    try command.expectFailure(
      options + ["--output", "shared", "--force", "--distributed", "on"], ["--force", "shared"])
  }

  @Test("with nothing to reproduce it says what to fetch and leaves no folder")
  func nothing() throws {
    let command = try Command()
    let finished = try command.run("reproduce", "--datasets", "imagenette", "--output", "new/page")
    #expect(finished.status == 1 && finished.errors.last?.contains("saliency data fetch imagenette") == true)
    #expect(command.files() == [])
  }
}
