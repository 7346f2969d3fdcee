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

  @Test func followsLinksButNotInCircles() throws {
    let folder = try folder(with: ["real/1.png"])
    for (link, target) in [("link", "real"), ("real/up", ".."), ("dangling.png", "nowhere")] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.file(link).path(percentEncoded: false), withDestinationPath: target)
    }
    #expect(try found(in: folder) == ["link/1.png", "real/1.png"])
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
