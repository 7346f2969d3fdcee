import Downloads
import Foundation
import TestSupport
import Testing

@Suite struct ChecksumTests {
  /// The examples of RFC 1321 and FIPS 180.
  @Test(arguments: [
    (Checksum.Algorithm.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
    (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
    (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
  ])
  func publishedExamples(algorithm: Checksum.Algorithm, text: String, hex: String) throws {
    let folder = try TemporaryFolder()
    try Data(text.utf8).write(to: folder.file("file"))
    #expect(try Checksum.of(folder.file("file"), algorithm) == Checksum(algorithm, hex.uppercased()))
  }

  /// FIPS 180's long example; more than one block is read.
  @Test func aMillionLetters() throws {
    let folder = try TemporaryFolder()
    try Data(repeating: 0x61, count: 1_000_000).write(to: folder.file("file"))
    #expect(
      try Checksum.of(folder.file("file"), .sha256).hex
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func missingFile() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: DownloadsError.self) { try Checksum.of(folder.file("none"), .md5) }
    #expect(error?.localizedDescription.hasSuffix("none cannot be read: no such file or directory") == true)
  }

  @Test func codable() throws {
    let checksum = Checksum(.sha1, "A9")
    #expect(try JSONDecoder().decode([Checksum].self, from: Data(#"["sha1:a9"]"#.utf8)) == [checksum])
    #expect(try String(decoding: JSONEncoder().encode([checksum]), as: UTF8.self) == #"["sha1:a9"]"#)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([Checksum].self, from: Data(#"["a9"]"#.utf8)) }
  }
}
