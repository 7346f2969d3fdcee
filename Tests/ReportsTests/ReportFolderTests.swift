import Foundation
import Saliency
import TestSupport
import Testing

@testable import Reports

@Suite struct ReportFolderTests {
  private let folder: TemporaryFolder
  private let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("out")
  }

  private func open(
    _ options: ReportOptions = ReportOptions(), seeds: Int = 0, experiments: [String] = ["a"],
    _ existing: RunFolder.Existing = .resume
  ) throws {
    _ = try RunFolder.page(
      url, options: options, seeds: seeds, experiments: experiments, device: .cpu, existing: existing)
  }

  private func add(_ name: String) throws {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("x".utf8).write(to: file)
  }

  private func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: url.appending(path: name).path) }

  @Test("results made with other options are not mixed")
  func otherOptions() throws {
    try open()
    try open(experiments: ["b"])
    var options = ReportOptions()
    options.limit = 5
    func error(_ differences: [String]) -> RunFolderError {
      .otherRun(folder: url.relativePath, differences: differences)
    }
    #expect(throws: error(["number of images"])) { try open(options) }
    #expect(throws: error(["seeds"])) { try open(seeds: 2) }
    // Whether pictures are shown changes no result, and more seeds go on with those that are there.
    options.limit = nil
    options.showsPictures = false
    try open(options)
    try open(seeds: 2, .replace)
    try open(seeds: 3)
    #expect(throws: error(["seeds"])) { try open() }
  }

  @Test("what earlier runs made is removed, and nothing else")
  func replace() throws {
    try open(experiments: ["a"])
    try open(experiments: ["b"])
    for name in ["a/x", "b/y", "c/z", "index.html", "results.json"] { try add(name) }
    try open(experiments: ["a"], .replace)
    #expect(!has("a") && !has("b") && !has("index.html") && !has("results.json") && has("c/z"))
  }
}
