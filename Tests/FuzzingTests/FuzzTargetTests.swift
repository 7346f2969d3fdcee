import Foundation
import Fuzzing
import TestSupport
import Testing

/// What Scripts/fuzz tries by the million, with a few files each.
@Suite struct FuzzTargetTests {
  private static let all = FuzzTarget.all.map(\.name)

  private func outcome(_ target: FuzzTarget, _ file: Data, _ folder: URL) async -> (any Error)? {
    do { try await target.read(file, folder) } catch { return error }
    return nil
  }

  /// A reader that refuses what it is given first would be fuzzed at its surface alone.
  @Test(arguments: all) func seedsAreAccepted(_ name: String) async throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let folder = try TemporaryFolder()
    let seeds = try await target.seeds()
    var accepted = 0
    for seed in seeds {
      let error = await outcome(target, seed, folder.url)
      accepted += error == nil ? 1 : 0
      if let error { #expect(FuzzTarget.mistake(error) == nil) }
    }
    #expect(!seeds.isEmpty && accepted > 0, "\(accepted) of \(seeds.count)")
  }

  @Test(arguments: all) func damagedFilesAreRefusedInOneLine(_ name: String) async throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let folder = try TemporaryFolder()
    var refused = 0
    for seed in try await target.seeds().prefix(4) {
      for part in [seed.prefix(seed.count / 2), seed.prefix(3), Data(seed.reversed())] {
        guard let error = await outcome(target, Data(part), folder.url) else { continue }
        #expect(FuzzTarget.mistake(error) == nil)
        refused += 1
      }
    }
    #expect(refused > 0)
  }

  /// The parts are changed and all that is around them holds.
  @Test func structureIsKept() throws {
    var random = SeededGenerator(seed: 1)
    let zip = ZipFile([ZipFile.Entry("a.json", Data("{}".utf8)), ZipFile.Entry("b", Data([1, 2, 3]))])
    let changed = try #require(Mutation.changed(zip.data, .zip, using: &random) { $0 + [7] })
    let entries = try #require(ZipFile(reading: changed)).entries
    #expect(entries.map(\.name) == ["a.json", "b"] && entries.reduce(0) { $0 + $1.content.count } == 6)

    let message = ONNXFile.field(3, ONNXFile.field(1, Data([5, 6])))
    for _ in 0..<100 {
      let other = try #require(Mutation.changed(message, .message, using: &random) { $0 + [7] })
      #expect(other.isEmpty || Mutation.changed(other, .message, using: &random) { $0 } != nil)
    }
  }
}
