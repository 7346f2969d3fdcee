import Foundation
import Pictures
import Rasters
import TestSupport
import Testing

@Suite struct PNGTests {
  @Test(arguments: [1, 3]) func whatIsWrittenIsRead(channels: Int) throws {
    let folder = try TemporaryFolder()
    var generator = SeededGenerator(seed: 1)
    let values = (0..<7 * 5 * channels).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let pixels = PixelArray(height: 7, width: 5, channels: channels, values: values)
    try pixels.writePNG(to: folder.file("ö.png"))
    try pixels.writePNG(to: folder.file("ö.png"))
    #expect(try Picture.read(folder.file("ö.png")).pixels == pixels)
    #expect(try Picture.decode(pixels.encodedPNG(for: "memory"), named: "memory").pixels == pixels)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path(percentEncoded: false)) == ["ö.png"])
  }

  @Test func saysWhereItCannotWrite() throws {
    let url = try TemporaryFolder().file("absent/picture.png")
    let pixels = PixelArray(repeating: 0, height: 1, width: 1)
    let error = try #require(throws: PictureError.self) { try pixels.writePNG(to: url) }
    #expect(error.localizedDescription.hasPrefix("\(url.relativePath) cannot be written: "))
  }

  @Test(arguments: [(Data(), PictureError.empty(path: "x")), (Data("no picture".utf8), .notAPicture(path: "x"))])
  func saysWhatIsWrongWithContent(content: Data, error: PictureError) {
    #expect(throws: error) { try Picture.decode(content, named: "x") }
  }
}
