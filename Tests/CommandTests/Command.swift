import Foundation
import Synchronization
import TestSupport
import Testing

/// A folder of its own in which the built program is run as a user runs it.
struct Command {
  /// What a run left behind.
  struct Finished {
    /// The exit code, or the signal's number below zero.
    let status: Int32
    let output: String
    /// What is on standard error but the lines that tell how far it is, of which a busy machine gets more.
    let errors: [String]
    /// The most memory that it had in use, in bytes.
    let peakMemory: Int

    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  let folder: TemporaryFolder
  /// The program's own cache folder: the user's is left alone.
  let cache: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    cache = try TemporaryFolder()
  }

  /// The program stands beside the test bundle.
  static let program = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "saliency")

  /// Runs the program in the folder.
  ///
  /// - Parameters:
  ///   - input: the file that is its standard input, if it is not empty.
  ///   - output: where standard output goes, if not into what is returned.
  ///   - environment: what it has besides this process'.
  ///   - fileSizeLimit: the most bytes that a file it writes may have, in steps of 512; as if the disk were full.
  ///   - signalling: called again and again while it runs; the signal that it returns is sent.
  func run(
    _ arguments: [String], input: URL? = nil, output: String? = nil, environment: [String: String] = [:],
    fileSizeLimit: Int? = nil, signalling: (() -> Int32?)? = nil
  ) throws -> Finished {
    // Files, because a pipe that nobody reads holds the program up.
    let streams = try (0..<2).map { _ in
      let url = FileManager.default.temporaryDirectory.appending(path: "saliency-tests-\(UUID().uuidString)")
      try Data().write(to: url)
      return url
    }
    defer { for url in streams { try? FileManager.default.removeItem(at: url) } }
    let process = Process()
    process.executableURL = Self.program
    process.arguments = arguments
    if let fileSizeLimit {
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments =
        ["-c", "trap '' XFSZ; ulimit -f \(fileSizeLimit / 512); exec \"$0\" \"$@\"", Self.program.path] + arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(["XDG_CACHE_HOME": cache.url.path]) { $1 }
      .merging(environment) { $1 }
    process.currentDirectoryURL = folder.url
    process.standardInput = try input.map { try FileHandle(forReadingFrom: $0) } ?? FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output.map { URL(filePath: $0) } ?? streams[0])
    process.standardError = try FileHandle(forWritingTo: streams[1])
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try process.run()

    let begin = ContinuousClock.now
    var peak = 0
    while ended.wait(timeout: .now() + .milliseconds(5)) == .timedOut {
      peak = max(peak, Self.peakMemory(of: process.processIdentifier) ?? 0)
      if let signal = signalling?() { kill(process.processIdentifier, signal) }
      if ContinuousClock.now - begin > .seconds(300) {
        Issue.record("saliency \(arguments.joined(separator: " ")) does not end")
        kill(process.processIdentifier, SIGKILL)
      }
    }
    let texts = try streams.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    return Finished(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: texts[0],
      errors: texts[1].split(separator: "\n").map(String.init).filter { $0.firstMatch(of: #/^\d+%: /#) == nil },
      peakMemory: peak)
  }

  func run(_ arguments: String...) throws -> Finished { try run(arguments) }

  /// The environment that `torchrun` gives one of two processes.
  static func environment(rank: Int) -> [String: String] {
    ["RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "test"]
  }

  /// Runs the program twice at the same time, as `torchrun` does.
  func runTogether(_ arguments: [String]) throws -> [Finished] {
    let finished = Mutex<[Result<Finished, any Error>]>([])
    DispatchQueue.concurrentPerform(iterations: 2) { rank in
      let one = Result { try run(arguments, environment: Self.environment(rank: rank)) }
      finished.withLock { $0.append(one) }
    }
    return try finished.withLock(\.self).map { try $0.get() }
  }

  /// Expects an error of one line on standard error that says all of `words`, nothing on standard output, and the code.
  func expectFailure(
    _ arguments: [String], _ words: [String], status: Int32 = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let finished = try run(arguments)
    let shown = Comment(rawValue: "saliency \(arguments.joined(separator: " "))\n\(finished)")
    #expect(finished.status == status, shown, sourceLocation: sourceLocation)
    #expect(finished.output == "", shown, sourceLocation: sourceLocation)
    #expect(finished.errors.first?.hasPrefix("Error: ") == true, shown, sourceLocation: sourceLocation)
    // The parser's own errors are followed by the usage.
    if status != 64 { #expect(finished.errors.count == 1, shown, sourceLocation: sourceLocation) }
    for word in words { #expect(finished.errors.first?.contains(word) == true, shown, sourceLocation: sourceLocation) }
  }

  /// The names of the files in the folder or one below it, hidden ones too; nothing where there is no folder.
  func files(in name: String = "") -> Set<String> {
    Set((try? FileManager.default.contentsOfDirectory(atPath: folder.file(name).path)) ?? [])
  }

  private static func peakMemory(of process: Int32) -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
      let match = status.firstMatch(of: #/VmHWM:\s+(\d+) kB/#)
    else { return nil }
    return Int(match.1).map { $0 * 1024 }
  }
}
