import Maps
import Testing

@Suite struct LabelSetTests {
  let labels = LabelSet(["cat", "dog", "1", "Cat", "0"])

  @Test(arguments: [("cat", 0), ("Cat", 3), ("dog", 1), ("DOG", 1), ("1", 2), ("0", 4), ("3", 3)])
  func namesGoBeforeIndices(text: String, index: Int) throws { #expect(try labels.index(of: text) == index) }

  @Test(arguments: ["bird", "5", "-1", ""]) func strangersAreRefused(text: String) {
    #expect(throws: LabelError.unknown(name: text, known: labels.names)) { try labels.index(of: text) }
  }

  @Test func ambiguityIsAnError() {
    #expect(throws: LabelError.ambiguous(name: "crane", indices: [0, 1])) {
      try LabelSet(["crane", "crane"]).index(of: "crane")
    }
    #expect(throws: LabelError.ambiguous(name: "CAT", indices: [0, 3])) { try labels.index(of: "CAT") }
  }

  @Test func longListsAreCutShort() {
    let labels = LabelSet((0..<20).map { "c\($0)" })
    #expect(labels.listing([]) == "")
    #expect(labels.listing([3, 1]) == "c3, c1")
    #expect(labels.listing(Array(0..<12)) == "c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11")
    #expect(labels.listing(Array(0..<13)) == "c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, … (13 classes)")
  }

  @Test func manyClassesMakeAShortMessage() throws {
    let error = try #require(throws: LabelError.self) { try LabelSet(unnamed: 1000).index(of: "bird") }
    #expect(error.localizedDescription.count < 300)
  }
}
