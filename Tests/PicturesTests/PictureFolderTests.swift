import Foundation
import Pictures
import TestSupport
import Testing

@Suite struct PictureFolderTests {
  private func folder(with names: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names {
      let url = folder.file(name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("x".utf8).write(to: url)
    }
    return folder
  }

  private func found(in folder: TemporaryFolder) throws -> [String] {
    let root = folder.url.path(percentEncoded: false) + "/"
    return try Picture.pictures(in: folder.url).map {
      let path = $0.path(percentEncoded: false)
      #expect(path.hasPrefix(root))
      return String(path.dropFirst(root.count))
    }
  }

  @Test func findsPicturesSortedByPath() throws {
    let folder = try folder(with: [
      "b.PNG", "a b.jpeg", "é.webp", "z/1.tiff", "z/deep/2.gif", "a.txt", "png", ".hidden.png", ".git/x.png", "c.bmp",
    ])
    #expect(try found(in: folder) == ["a b.jpeg", "b.PNG", "c.bmp", "z/1.tiff", "z/deep/2.gif", "é.webp"])
  }

  private func link(_ links: [(String, String)], in folder: TemporaryFolder) throws {
    for (link, target) in links {
      try FileManager.default.createSymbolicLink(
        atPath: folder.file(link).path(percentEncoded: false), withDestinationPath: target)
    }
  }

  @Test func followsLinksButNoFolderTwice() throws {
    let elsewhere = try folder(with: ["2.png"])
    let folder = try folder(with: ["real/1.png"])
    try link(
      [
        ("link", "real"), ("real/up", ".."), ("real/self", "."), ("dangling.png", "nowhere"),
        ("again.png", "real/1.png"),
        ("outside", elsewhere.url.path), ("outside-too", elsewhere.url.path),
      ], in: folder)
    #expect(try found(in: folder) == ["again.png", "outside/2.png", "real/1.png"])
  }

  @Test("folders that link to one another do not explode", .timeLimit(.minutes(1)))
  func entangled() throws {
    let names = (10..<40).map(String.init)
    let folder = try folder(with: names.map { "\($0)/x.png" })
    for name in names { try link(names.map { ("\(name)/to-\($0)", "../\($0)") }, in: folder) }
    #expect(try found(in: folder) == names.map { "\($0)/x.png" })
  }

  @Test func saysWhenThereIsNothing() throws {
    let empty = try folder(with: ["notes.txt"])
    let error = try #require(throws: PictureError.self) { try Picture.pictures(in: empty.url) }
    #expect(
      error.localizedDescription
        == "\(empty.url.relativePath) contains no pictures (JPEG, PNG, WebP, TIFF, BMP or GIF)")
    #expect(throws: PictureError.missing(path: empty.file("absent").relativePath)) {
      try Picture.pictures(in: empty.file("absent"))
    }
  }
}
