import Foundation
import TestSupport
import Testing

@testable import Saliency

@Suite struct OutputNamesTests {
  private func names(_ paths: String...) -> [String] { OutputNames.names(for: paths.map { URL(filePath: $0) }) }

  @Test("a file is called by its stem")
  func stems() {
    #expect(names() == [])
    #expect(names("cat.png") == ["cat"])
    #expect(names("/a/b/cat.jpg", "dog.tar.png", "no-extension") == ["cat", "dog.tar", "no-extension"])
    #expect(names("a/my cat #1 100%?.png", "b/子猫.webp") == ["my cat #1 100%?", "子猫"])
  }

  @Test("equal stems in one folder keep their extensions, the others do not")
  func extensions() {
    #expect(names("/a/cat.png", "/a/cat.jpg", "/a/dog.png") == ["cat.png", "cat.jpg", "dog"])
  }

  @Test("equal stems in different folders take as much of the path as tells them apart")
  func folders() {
    #expect(names("/x/a/cat.png", "/x/b/cat.png") == ["a-cat", "b-cat"])
    #expect(names("/x/a/c/cat.png", "/x/b/c/cat.png", "/x/dog.png") == ["a-c-cat", "b-c-cat", "dog"])
    #expect(names("/x/a/cat.png", "/x/a/cat.jpg", "/x/b/cat.png") == ["a-cat", "cat.jpg", "b-cat"])
  }

  @Test("one folder below the other")
  func nested() { #expect(names("/x/cat.png", "/x/a/cat.png") == ["x-cat", "a-cat"]) }

  @Test("paths that look alike with dashes, or like another's number, still get names of their own")
  func dashes() {
    #expect(Set(names("/a-b/c.png", "/a/b-c.png", "/a/b/c.png")).count == 3)
    #expect(Set(names("/a-b/c", "/a/b/c", "/a-b/c-2", "/a/b/c-2")).count == 4)
    #expect(Set(names("/a-b/c", "/a/b-c", "/a/b/c", "/a-b-c", "/a-b-c-2", "/a/b-c-2", "/a-b/c-2")).count == 7)
  }

  @Test("never are two equal, whatever the paths", arguments: 0..<200)
  func distinct(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let words = ["a", "b", "a-b", "a.png", "2", "a-2", "A"]
    var paths: Set<String> = []
    for _ in 0..<Int.random(in: 2...40, using: &random) {
      let depth = Int.random(in: 1...4, using: &random)
      let path = (0..<depth).map { _ in words.randomElement(using: &random) ?? "a" }.joined(separator: "/")
      paths.insert("/" + path + (["", ".png", ".jpg", "-2.png"].randomElement(using: &random) ?? ""))
    }
    let urls = paths.sorted().map { URL(filePath: $0, directoryHint: .notDirectory) }
    let names = OutputNames.names(for: urls)
    #expect(names.count == urls.count)
    #expect(Set(names).count == urls.count, "\(paths.sorted())")
    #expect(names.allSatisfy { !$0.isEmpty && !$0.contains("/") })
  }
}
