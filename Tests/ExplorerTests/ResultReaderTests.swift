import Foundation
import TestSupport
import Testing

@testable import Explorer

@Suite struct ResultReaderTests {
  @Test(
    "a map fails as far as its curve lies on the wrong side",
    arguments: [
      ([1, 1, 1, 1], 1.0, 0.0), ([1, 0, 0, 0], 0.25, 0.75), ([1, 1, 0, 0], 0.75, 0.25), ([1, 0, 1, 1], 0.5, 0.5),
    ])
  func failure(classes: [Int], shouldChange: Double, shouldStay: Double) {
    // Trapezoids over 0, 0.2, 0.4 and 0.4: a quarter for each half of an interval of 0.2.
    let fractions = [0, 0.2, 0.4, 0.4]
    #expect(abs(ResultReader.failure(classes, fractions, shouldChange: true) - shouldChange) < 1e-9)
    #expect(abs(ResultReader.failure(classes, fractions, shouldChange: false) - shouldStay) < 1e-9)
  }

  @Test("folders without results are named")
  func nothing() async throws {
    let folder = try TemporaryFolder()
    await #expect(throws: ResultsError.noResults(folder.url.relativePath)) { try await ResultFolders.read(folder.url) }
    let missing = folder.file("missing")
    await #expect(throws: ResultsError.missing(missing.relativePath)) { try await ResultFolders.read(missing) }
    let file = folder.file("file")
    try Data().write(to: file)
    await #expect(throws: ResultsError.noFolder(file.relativePath)) { try await ResultFolders.read(file) }
  }

  @Test("what is no run's is refused with the file's name", arguments: ["", "{}", "[1]", "no JSON"])
  func damaged(settings: String) async throws {
    let folder = try TemporaryFolder()
    for name in ResultReader.files { try Data(settings.utf8).write(to: folder.file(name)) }
    let error = await #expect(throws: ResultsError.self) { try await ResultFolders.read(folder.url) }
    #expect(error?.localizedDescription.hasSuffix("settings.json: is not of this version or damaged") == true)
  }
}
