import Foundation
import TestSupport
import Testing

@testable import Networks

@Suite struct StoredZipTests {
  private static let two = [ZipFile.Entry("m/a", Data("first".utf8)), ZipFile.Entry("m/b", Data("second".utf8))]

  @Test("entries are found by their names")
  func entries() throws {
    let zip = try StoredZip(ZipFile(Self.two).data)
    #expect(zip.names.sorted() == ["m/a", "m/b"])
    #expect(zip["m/a"] == Data("first".utf8) && zip["m/b"] == Data("second".utf8) && zip["m/c"] == nil)
  }

  @Test("an archive within other data's indices is read alike")
  func slice() throws {
    let data = Data(count: 7) + ZipFile(Self.two).data
    #expect(try StoredZip(data[7...])["m/b"] == Data("second".utf8))
  }

  @Test("an archive of PyTorch's, with sizes of 64 bits")
  func wide() throws {
    let zip = try StoredZip(Data(contentsOf: Fixture.url("exported/cnn.pt2")))
    #expect(zip["cnn/archive_format"] == Data("pt2".utf8))
  }

  private static func changed(_ change: (inout ZipFile) -> Void) -> Data {
    var zip = ZipFile(two)
    change(&zip)
    return zip.data
  }

  private static func deflated(length: UInt32, unpackedLength: UInt32) -> Data {
    changed {
      ($0.entries[0].method, $0.entries[0].length, $0.entries[0].unpackedLength) = (8, length, unpackedLength)
    }
  }

  @Test("entries for libtorch may be compressed, within the file, and no longer than deflate makes them")
  func deflated() throws {
    try StoredZip.check(Self.deflated(length: 5, unpackedLength: 5 * 1032))
    for (file, words) in [
      (Self.deflated(length: 5, unpackedLength: 6 * 1032), "two lengths"),
      (Self.deflated(length: 5000, unpackedLength: 5000), "the file ends"),
      (Self.changed { $0.entries[0].method = 9 }, "compressed"),
      (Self.changed { $0.entries[0].unpackedLength = .max }, "two lengths"),
    ] {
      let error = try #require(throws: ModelFileError.self) { try StoredZip.check(file) }
      #expect(error.localizedDescription.contains(words), "\(error)")
    }
  }

  @Test("behind the last record no second one may stand that libtorch would take instead")
  func twoEnds() throws {
    let comment = Data([0x50, 0x4B, 5, 6]) + Data(repeating: 0, count: 30)
    var zip = ZipFile(Self.two).data
    zip.replaceSubrange(zip.count - 2..<zip.count, with: [UInt8(comment.count), 0])
    #expect(try StoredZip(zip + Data(count: comment.count)).names.count == 2)
    let error = try #require(throws: ModelFileError.self) { try StoredZip(zip + comment) }
    #expect(error.localizedDescription.contains("its end"), "\(error)")
  }

  @Test(
    "what cannot be believed is damage",
    arguments: [
      ("twice", changed { $0.entries[1].name = "m/a" }),
      ("compressed", changed { $0.entries[0].method = 8 }),
      ("encrypted", changed { $0.entries[0].flags = 1 }),
      ("10000000 bytes", changed { $0.entries[0].length = 10_000_000 }),
      ("4294967295 bytes", changed { $0.entries[0].length = .max }),
      ("outside", changed { $0.entries[0].place = 4000 }),
      ("overlap", changed { $0.entries[0].length = 40 }),
      ("two names", changed { $0.entries[1].place = 0 }),
      ("two names", changed { $0.entries[0].ownName = "m/x" }),
      ("cut off", changed { $0.count = 3 }),
      ("its end", Data()), ("its end", Data("PK".utf8)), ("its end", changed { _ in }.dropLast(1)),
    ])
  func damage(words: String, file: Data) throws {
    let error = try #require(throws: ModelFileError.self) { try StoredZip(file) }
    #expect(error.localizedDescription.contains(words), "\(error)")
  }
}
