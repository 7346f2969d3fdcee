import Foundation
import TestSupport
import Testing

@Suite(.slow) struct KillsTests {
  @Test(
    "killed at random moments and resumed, the results are the same, as the script shows that does it many times",
    arguments: ["shared", "train"])
  func kills(experiment: String) throws {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let process = Process()
    process.executableURL = package.appending(path: "Scripts/kills")
    process.arguments = ["2", experiment]
    process.environment = ProcessInfo.processInfo.environment.merging(["SALIENCY": Command.program.path]) { $1 }
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.firstMatch(of: #/(?:shared|train): killed [23] times, .* bit by bit/#) != nil, "\(text)")
  }
}
