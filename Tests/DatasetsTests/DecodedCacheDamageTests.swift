import Foundation
import Rasters
import Synchronization
import TestSupport
import Testing

@testable import Datasets

/// What happens to decoded images that are not what was written.
@Suite struct DecodedCacheDamageTests {
  /// What has become of the file.
  enum Damage: CaseIterable {
    case empty, cut, cutByOne, lengthened, foreign, pixel, summary, length, sum, folder
  }

  @Test(arguments: Damage.allCases) func aDamagedFileIsMadeAnew(damage: Damage) async throws {
    let set = try CachedSet()
    let first = try await set.open()
    let file = try set.file()
    let whole = try Data(contentsOf: file)
    var content = whole
    switch damage {
    case .empty: content = Data()
    case .cut: content = whole.dropLast(whole.count / 2)
    case .cutByOne: content = whole.dropLast(1)
    case .lengthened: content += [0]
    case .foreign: content = Data(repeating: 7, count: whole.count)
    case .pixel: content[17] ^= 1
    // The pixels, 12 bytes each, are followed by the summary; the trailer ends with sum, length and the format's name.
    case .summary: content[12 * 12 + 9] ^= 1
    case .length: content[whole.count - 16] ^= 1
    case .sum: content[whole.count - 48] ^= 1
    case .folder: break
    }
    // As a new file, because the old one is mapped.
    try content.write(to: file, options: .atomic)
    if damage == .folder {
      try FileManager.default.removeItem(at: file)
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
    }
    let second = try await set.open()
    #expect(second.decoded == 12)
    #expect(colours(second.dataset.train) == colours(first.dataset.train))
    if damage == .folder {
      #expect(second.dataset.warnings.count == 1)
    } else {
      #expect(second.dataset.warnings == [])
      #expect(try Data(contentsOf: set.file()) == whole)
      #expect(try await set.open().decoded == 0)
    }
  }

  @Test func aFileUnderAnotherNameIsNotTaken() async throws {
    let set = try CachedSet()
    _ = try await set.open()
    let original = try set.file()
    try set.set.add("train/ant/1.png", [99, 99, 99])
    _ = try await set.open()
    let other = try #require(set.files.first { $0 != original.lastPathComponent })
    let place = set.folder.decoded.appending(path: other)
    try FileManager.default.removeItem(at: place)
    try FileManager.default.copyItem(at: original, to: place)
    let opened = try await set.open()
    #expect(opened.decoded == 12)
    #expect(colours(opened.dataset.train)[1] == [99, 99, 99])
  }

  /// Several pieces with a checksum each, the last one not whole.
  @Test("a single byte that is another one is noticed, wherever it is", arguments: 0..<5)
  func flippedByte(turn: Int) async throws {
    let set = try CachedSet()
    let first = try await set.open(side: 200)
    let whole = try Data(contentsOf: set.file())
    let pixels = 12 * 120_000
    #expect(whole.count > pixels && pixels > 1 << 20)
    #expect(try await set.open(side: 200).decoded == 0)
    var content = whole
    // Both ends, both sides of the border of two pieces, and in between.
    let places = [0, pixels - 1, 1 << 20, (1 << 20) - 1, 654_321]
    content[places[turn]] ^= 1 << UInt8(turn)
    try content.write(to: set.file(), options: .atomic)
    let second = try await set.open(side: 200)
    #expect(second.decoded == 12)
    #expect(colours(second.dataset.train) == colours(first.dataset.train))
    #expect(try Data(contentsOf: set.file()) == whole)
  }
}
