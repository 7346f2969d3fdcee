import Files
import Foundation
import TestSupport
import Testing

@testable import Figures

@Suite struct FigureFormatTests {
  private let figure = MapFigure(title: "t", rows: [])

  @Test("a file is replaced as a whole and nothing else is left behind", arguments: FigureFormat.allCases)
  func write(format: FigureFormat) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("a.\(format.rawValue)")
    try Data("old".utf8).write(to: file)
    try figure.write(to: file, as: format)
    #expect(try Data(contentsOf: file) == figure.encoded(as: format))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 1)
  }

  @Test(
    "a file that cannot be written is named, with the reason",
    arguments: [("missing/a.png", "No such file or directory"), ("taken", "Is a directory")])
  func unwritable(name: String, reason: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(at: folder.file("taken"), withIntermediateDirectories: false)
    let file = folder.file(name)
    let error = #expect(throws: FileError.self) { try figure.write(to: file, as: .png) }
    #expect(error == FileError(path: file.relativePath, reason: reason))
  }
}
