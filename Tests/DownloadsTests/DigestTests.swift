import Downloads
import Testing

@Suite struct DigestTests {
  /// FIPS 180-4's examples (https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values).
  @Test(arguments: [
    (["abc"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (["a", "", "bc"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
  ])
  func knownSums(pieces: [String], sum: String) {
    let sha = Digest.sha256()
    for piece in pieces { Array(piece.utf8).withUnsafeBytes { sha.update($0) } }
    #expect(sha.finish().hex == sum)
  }

  @Test func fieldsDoNotRunTogether() {
    func sum(_ fields: String...) -> [UInt8] {
      let sha = Digest.sha256()
      for field in fields { sha.update(field: field.utf8) }
      return sha.finish()
    }
    #expect(sum("ab", "c") != sum("a", "bc"))
    #expect(sum("ab", "") != sum("", "ab"))
    #expect(sum("ab", "c") == sum("ab", "c"))
  }
}
