import Foundation
import Maps
import TestSupport
import Testing

@testable import Networks

@Suite struct ScriptSettingsTests {
  private func settings(_ json: String, labels: String? = nil) throws -> ScriptSettings {
    let folder = try TemporaryFolder()
    try Data(json.utf8).write(to: folder.file("model.json"))
    if let labels { try Data(labels.utf8).write(to: folder.file("names.txt")) }
    return try #require(try ScriptSettings.beside(folder.file("model.pt")))
  }

  @Test func everyEntryIsRead() throws {
    let read = try settings(
      """
      {"labels": ["a", "b"], "size": [20, 30], "channels": 1, "fit": "crop", "mean": 0.5, "std": [0.25]}
      """)
    let expected = ScriptSettings(
      labels: ["a", "b"], height: 20, width: 30, channels: 1, fit: .crop, mean: [0.5], standardDeviation: [0.25])
    #expect(read == expected)
  }

  @Test func aNumberIsASquareAndLabelsMayBeAFile() throws {
    let read = try settings(#"{"size": 32, "labels": "names.txt"}"#, labels: "cat\r\n a dog \nüñ\n\n")
    #expect(read == ScriptSettings(labels: ["cat", "a dog", "üñ"], height: 32, width: 32))
  }

  @Test func withoutAFileThereAreNone() throws {
    #expect(try ScriptSettings.beside(TemporaryFolder().file("model.pt")) == nil)
  }

  @Test(arguments: [
    ("[1, 2]", "it is not a JSON object of texts and numbers"),
    ("{", "it is not a JSON object of texts and numbers"),
    (#"{"sise": 3}"#, "“sise” is none of its entries labels, size, channels, fit, mean, std"),
    (#"{"size": 0}"#, "“size” must be a number of pixels, or [height, width]"),
    (#"{"size": 1.5}"#, "“size” must be a number of pixels, or [height, width]"),
    (#"{"size": 1e99}"#, "“size” must be a number of pixels, or [height, width]"),
    (#"{"size": [1, 2, 3]}"#, "“size” must be a number of pixels, or [height, width]"),
    (#"{"size": []}"#, "“size” must be a number of pixels, or [height, width]"),
    (#"{"channels": 4}"#, "“channels” must be 1 or 3"),
    (#"{"fit": "squeeze"}"#, "“fit” must be “stretch” or “crop”"),
    (#"{"mean": "0.5"}"#, "“mean” must be a number for every channel"),
    (#"{"labels": [1, 2]}"#, "“labels” must be a list of names or the path of a text file with one name a line"),
  ])
  func mistakesAreNamed(json: String, problem: String) {
    #expect(throws: ScriptError.settings(file: "model.json", problem: problem)) { try settings(json) }
  }

  @Test func anEmptyLineAmongLabelsIsAMistake() {
    #expect(throws: ScriptError.settings(file: "names.txt", problem: "line 2 is empty")) {
      try settings(#"{"labels": "names.txt"}"#, labels: "cat\n\ndog\n")
    }
  }

  @Test(
    "names that are none",
    arguments: [
      (#"{"labels": ["", "", "", ""]}"#, "name 1 of “labels” is empty"),
      (#"{"labels": ["cat", " \t"]}"#, "name 2 of “labels” is empty"),
      (
        #"{"labels": ["\#(String(repeating: "x", count: 1001))"]}"#,
        "name 1 of “labels” has 1001 characters, more than a name of 1000"
      ),
    ])
  func emptyNames(json: String, problem: String) {
    #expect(throws: ScriptError.settings(file: "model.json", problem: problem)) { try settings(json) }
  }

  /// Two classes of ImageNet are called “crane”.
  @Test func namesMayBeTheSame() throws {
    #expect(try settings(#"{"labels": ["crane", "crane"]}"#).labels == ["crane", "crane"])
  }

  @Test(
    "files that hold no names, or more than any list of names",
    arguments: [
      ("", "it is empty; it should have a class name on each line"),
      (" \n\n", "it is empty; it should have a class name on each line"),
      (String(repeating: "x", count: 200_000), "line 1 has 200000 characters, more than a name of 1000"),
      (String(repeating: "x", count: 8_000_001), "it has more than 8 MB, which no such file needs"),
    ])
  func noNames(text: String, problem: String) {
    #expect(throws: ScriptError.settings(file: "names.txt", problem: problem)) {
      try settings(#"{"labels": "names.txt"}"#, labels: text)
    }
  }

  @Test("devices and pipes are read, but not for ever")
  func devices() throws {
    func problem(_ path: String) -> String? {
      #expect(throws: ScriptError.self) { try ScriptSettings.labels(contentsOf: URL(filePath: path)) }?
        .localizedDescription
    }
    #expect(problem("/dev/null") == "null: it is empty; it should have a class name on each line")
    #expect(problem("/dev/zero") == "zero: it has more than 8 MB, which no such file needs")
    let folder = try TemporaryFolder()
    let pipe = folder.file("pipe").path(percentEncoded: false)
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(problem(pipe)?.hasPrefix("pipe: it is empty") == true)
    let both = Pipe()
    try both.fileHandleForWriting.write(contentsOf: Data("cat\ndog\n".utf8))
    try both.fileHandleForWriting.close()
    let end = "/dev/fd/\(both.fileHandleForReading.fileDescriptor)"
    #expect(try ScriptSettings.labels(contentsOf: URL(filePath: end)) == ["cat", "dog"])
  }

  @Test func aMissingLabelFileIsAnError() {
    #expect(throws: CocoaError.self) { try settings(#"{"labels": "names.txt"}"#) }
  }

  @Test func whatIsGivenComesBeforeTheFile() {
    let given = ScriptSettings(height: 10, width: 12, mean: [0.1])
    let file = ScriptSettings(labels: ["x"], height: 5, width: 5, fit: .crop, mean: [0.2], standardDeviation: [0.3])
    let expected = ScriptSettings(
      labels: ["x"], height: 10, width: 12, fit: .crop, mean: [0.1], standardDeviation: [0.3])
    #expect(given.completed(by: file) == expected)
  }

  @Test func oneNumberServesAllChannels() throws {
    let preprocessing = try ScriptSettings(height: 4, mean: [0.5], standardDeviation: [2]).preprocessing(channels: 3)
    #expect(preprocessing.mean == [0.5, 0.5, 0.5] && preprocessing.standardDeviation == [2, 2, 2])
    #expect(preprocessing.height == 4 && preprocessing.width == 4 && preprocessing.fit == .stretch)
  }

  @Test(arguments: [
    (ScriptSettings(mean: [1, 2]), ScriptError.channelValues(name: "mean", count: 2, channels: 3)),
    (ScriptSettings(standardDeviation: [1, 0, 1]), .impossible("std must be above zero")),
    (ScriptSettings(mean: [.nan]), .impossible("mean must be finite numbers")),
    (ScriptSettings(height: 0), .impossible("the size 0×0 is outside of 1 to 65536")),
  ])
  func impossibleValuesAreRefused(settings: ScriptSettings, expected: ScriptError) {
    #expect(throws: expected) { try settings.preprocessing(channels: 3) }
  }
}
