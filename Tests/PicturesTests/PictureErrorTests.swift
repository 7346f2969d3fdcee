import Foundation
import Pictures
import TestSupport
import Testing

@Suite struct PictureErrorTests {
  /// The error of reading `url`, and its message without the path.
  private func failure(_ url: URL, maximumPixels: Int = 100_000_000) throws -> (PictureError, String) {
    let error = try #require(throws: PictureError.self) { try Picture.read(url, maximumPixels: maximumPixels) }
    let message = error.localizedDescription
    #expect(message.hasPrefix(url.relativePath))
    #expect(!message.contains("\n"))
    return (error, String(message.dropFirst(url.relativePath.count)))
  }

  @Test func saysWhatIsWrongWithTheFile() throws {
    let folder = try TemporaryFolder()
    try Data().write(to: folder.file("empty.png"))
    try Data("P5 is how some pictures begin, this one is a text".utf8).write(to: folder.file("text.png"))
    try Data("x".utf8).write(to: folder.file("x.png"))
    #expect(try failure(folder.file("absent.png")).1 == ": no such file or folder")
    #expect(try failure(folder.file("x.png").appending(path: "below")).1 == ": no such file or folder")
    #expect(try failure(folder.url).1 == " is a folder, not a picture")
    #expect(try failure(folder.file("empty.png")).1 == " is empty")
    let notAPicture = " is not a picture this program can read (JPEG, PNG, WebP, TIFF, BMP or GIF)"
    #expect(try failure(folder.file("text.png")).1 == notAPicture)
    #expect(try failure(folder.file("x.png")).1 == notAPicture)
    #expect(try failure(fixture("icon.ico")).1 == notAPicture)
    #expect(try failure(URL(filePath: "/dev/null")).1 == " cannot be read: it is not a plain file")
  }

  @Test func decodersThatAreNotHardenedAreOutOfReach() throws {
    let folder = try TemporaryFolder()
    let drawing = #"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>"#
    for (name, content) in [("a.png", drawing), ("b.png", "%PDF-1.4\n"), ("c.png", "P3 1 1 255 1 2 3\n")] {
      try Data(content.utf8).write(to: folder.file(name))
      #expect(try failure(folder.file(name)).0 == .notAPicture(path: folder.file(name).relativePath))
    }
  }

  @Test(arguments: [
    "rgb.jpg", "progressive.jpg", "rgb16.png", "rgb.bmp", "rgb.tif", "lossy.webp", "animated.gif", "rgba.tif",
  ])
  func refusesTruncatedFiles(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: fixture(name))
    // An animation may be cut behind its first frame, which is all that is read.
    let cuts = name.hasSuffix("gif") ? [0.2, 0.4] : [0.2, 0.5, 0.8]
    for part in cuts {
      let url = folder.file("\(part)-\(name)")
      try whole.prefix(Int(part * Double(whole.count))).write(to: url)
      #expect(try failure(url).0 == .damaged(path: url.relativePath), "cut to \(part)")
    }
  }

  @Test(arguments: ["huge.png", "huge.jpg", "huge.bmp", "huge.gif"])
  func refusesHugePicturesBeforeDecoding(name: String) throws {
    let url = try fixture(name)
    let start = ContinuousClock.now
    let message = try failure(url).1
    #expect(message == " has 40000×40000 pixels, more than the limit of 100000000")
    // Decoding 1.6 gigapixels takes many times as long.
    #expect(start.duration(to: .now) < .seconds(1))
  }

  @Test func theLimitCountsPixels() throws {
    let url = try fixture("orientation-6.png")
    #expect(try Picture.read(url, maximumPixels: 96).pixels.values.count == 96 * 3)
    #expect(
      try failure(url, maximumPixels: 95).0
        == .tooLarge(path: url.relativePath, width: 12, height: 8, maximumPixels: 95))
  }

  @Test func refusesNumbersWithoutAKnownRange() throws {
    let url = try fixture("float.tif")
    #expect(try failure(url).0 == .unusualPixels(path: url.relativePath))
  }

  @Test("a PNG whose metadata are said to have gigabytes takes no memory for them")
  func lyingChunk() throws {
    func peak() throws -> Int {
      let status = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/status")).readToEnd() ?? Data()
      let peak = String(decoding: status, as: UTF8.self).firstMatch(of: /VmPeak:\s*(\d+) kB/)
      return try #require(peak.flatMap { Int($0.1) })
    }
    let header = 8 + 25
    var file = try Data(contentsOf: fixture("rgb.png"))
    let chunk = Data([0x7F, 0xFF, 0xFF, 0xFF]) + Data("eXIfMM".utf8) + Data([0, 0x2A, 0, 0, 0, 8])
    file.insert(contentsOf: chunk, at: header)
    let before = try peak()
    let error = #expect(throws: PictureError.self) { try Picture.decode(file, named: "picture") }
    #expect(error == .damaged(path: "picture"))
    #expect(try peak() - before < 1 << 20)
  }

  @Test func damagedBytesNeverCrash() throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 7)
    for name in ["rgb.jpg", "rgb16.png", "rgb.bmp", "palette.bmp", "rgb.tif", "lossy.webp", "animated.gif", "cmyk.jpg"]
    {
      let whole = try Data(contentsOf: fixture(name))
      for i in 0..<40 {
        var bytes = whole
        for _ in 0..<4 {
          bytes[Int.random(in: 2..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        let url = folder.file("\(i)-\(name)")
        try bytes.write(to: url)
        do {
          let pixels = try Picture.read(url, maximumPixels: 1_000_000).pixels
          #expect(pixels.height * pixels.width <= 1_000_000)
        } catch {
          #expect(error is PictureError)
        }
      }
    }
  }
}
