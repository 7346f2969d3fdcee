import Foundation
import Pages
import TestSupport
import Testing

@testable import Saliency

@Suite struct ReportFolderTests {
  private let folder: TemporaryFolder
  private let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("out")
  }

  private func open(
    _ options: ReportOptions = ReportOptions(), seeds: Int = 0, experiments: [String] = ["a"], force: Bool = false
  ) throws -> ReportFolder {
    try ReportFolder(url, options: options, seeds: seeds, experiments: experiments, force: force)
  }

  private func add(_ name: String) throws {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("x".utf8).write(to: file)
  }

  private func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url.appending(path: name).path) }

  @Test("one run at a time")
  func busy() throws {
    let first = try open()
    #expect(throws: ReportError.busy(folder: url.relativePath)) { try open() }
    withExtendedLifetime(first) {}
    _ = consume first
    _ = try open()
  }

  @Test("files that are not its own are neither mixed with its own nor removed")
  func otherFiles() throws {
    try add("thesis.txt")
    #expect(throws: ReportError.holdsOtherFiles(folder: url.relativePath)) { try open() }
    _ = try open(force: true)
    #expect(has("thesis.txt"))
  }

  @Test("results made with other options are not mixed")
  func otherOptions() throws {
    _ = try open()
    _ = try open(experiments: ["b"])
    var options = ReportOptions()
    options.limit = 5
    #expect(throws: ReportError.otherOptions(folder: url.relativePath)) { try open(options) }
    #expect(throws: ReportError.otherOptions(folder: url.relativePath)) { try open(seeds: 2) }
  }

  @Test("force removes what earlier runs made, and nothing else, whatever their record says")
  func force() throws {
    _ = try open(experiments: ["a", "b"])
    for name in ["a/x", "b/y", "c/z", "index.html", "results.json", "../precious"] { try add(name) }
    _ = try open(experiments: ["a"], force: true)
    #expect(!has("a") && !has("b") && !has("index.html") && !has("results.json") && has("c/z"))
    let record = url.appending(path: "report.json")
    let text = try String(contentsOf: record, encoding: .utf8)
    try Data(text.replacing("\"a\"", with: "\"../precious\", \"..\", \"\", \".\"").utf8).write(to: record)
    _ = try open(force: true)
    #expect(has("../precious") && has("c/z"))
  }

  @Test("a damaged record")
  func damaged() throws {
    _ = try open()
    try Data("{".utf8).write(to: url.appending(path: "report.json"))
    #expect(throws: ReportError.damaged(path: url.appending(path: "report.json").relativePath)) { try open() }
    _ = try open(force: true)
  }
}
