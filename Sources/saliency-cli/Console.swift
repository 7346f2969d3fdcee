import ArgumentParser
import Dispatch
import Foundation
import Saliency
import Synchronization

/// What the commands print: results to standard output, all else to standard error.
enum Console {
  private static let isTerminal = isatty(STDERR_FILENO) == 1
  private static let bar = Mutex(ProgressLine(isTerminal: isTerminal))

  /// A result, written at once, so that whoever reads along need not wait for the end.
  static func result(_ text: String) throws {
    try aboveProgress {
      do { try FileHandle.standardOutput.write(contentsOf: Data((plain(text) + "\n").utf8)) } catch {
        throw CommandError("standard output cannot be written to; is the disk full?")
      }
    }
  }

  static func note(_ text: String) { aboveProgress { write(plain(text) + "\n") } }

  static func warn(_ text: String) { note("Warning: \(text)") }

  /// One line, whatever it says.
  static func error(_ text: String) { note("Error: \(text.split(whereSeparator: \.isNewline).joined(separator: " "))") }

  /// How far the work is: on a terminal a line that overwrites itself, elsewhere a line every ten seconds.
  ///
  /// - Parameter share: how much is done, 0…1.
  static func progress(_ share: Double, _ text: @autoclosure () -> String) {
    bar.withLock { bar in
      if let output = bar.output(share, text, at: .now) { write(output) }
    }
  }

  /// What a run tells.
  static func show(_ event: RunEvent) {
    switch event {
    case .progress(let share, let text): progress(share, text)
    case .note(let text): note(text)
    case .warning(let text): warn(text)
    }
  }

  /// What was found, and the files that it was written to.
  static func show(_ findings: Findings, _ files: [URL] = []) throws {
    clearProgress()
    try result(([findings.text] + files.map { "  \($0.shown)" }).joined(separator: "\n"))
  }

  /// Removes the progress line.
  static func clearProgress() {
    bar.withLock { bar in
      if !bar.text.isEmpty { write("\r\u{1B}[K") }
      bar.text = ""
    }
  }

  private static func aboveProgress(_ body: () throws -> Void) rethrows {
    try bar.withLock { bar in
      if !bar.text.isEmpty { write("\r\u{1B}[K") }
      try body()
      if !bar.text.isEmpty { write(bar.text) }
    }
  }

  /// Names of files and classes may hold what a terminal would take for commands.
  static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map { $0.properties.generalCategory == .control && $0 != "\n" ? "\u{FFFD}" : $0 }))
  }

  private static func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}

/// A command that does its ``work()`` so that it can be interrupted.
///
/// Ctrl-C or a request to end cancels it, so that it can finish what must not stay half done, and the program then ends with
/// the code 130. A second Ctrl-C, half a second later or more, ends it at once, and so does a model's own code that does not come back. What goes wrong is
/// one line on standard error and the code 1.
protocol InterruptibleCommand: AsyncParsableCommand, Sendable {
  func work() async throws
}

extension InterruptibleCommand {
  func run() async throws {
    let task = Task { try await work() }
    let first = Mutex<ContinuousClock.Instant?>(nil)
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler {
        let before = first.withLock { first in
          defer { first = first ?? .now }
          return first
        }
        guard let before else {
          task.cancel()
          return endUnlessScriptsReturn(after: .seconds(2))
        }
        // A launcher hands on what the terminal has sent to all: that is no second time.
        if ContinuousClock.now - before > .milliseconds(500) { _exit(130) }
      }
      source.resume()
      return source
    }
    defer { for source in sources { source.cancel() } }
    defer { Console.clearProgress() }
    do { try await task.value } catch is CancellationError {
      NewFolders.removeEmpty()
      Console.clearProgress()
      Console.note("Interrupted.")
      throw ExitCode(130)
    } catch let error where !(error is ExitCode || error is ValidationError) {
      NewFolders.removeEmpty()
      Console.clearProgress()
      Console.error(error.told)
      throw ExitCode.failure
    }
  }
}

/// Ends the program if a call into a model's code that runs now, or one that begins later, takes that long: it may have an
/// endless loop, and nothing else can stop it.
private func endUnlessScriptsReturn(after time: DispatchTimeInterval) {
  let running = ScriptModule.runningCalls
  DispatchQueue.global().asyncAfter(deadline: .now() + time) {
    guard ScriptModule.runningCalls.isDisjoint(with: running) else {
      Console.clearProgress()
      Console.note("Interrupted.")
      _exit(130)
    }
    endUnlessScriptsReturn(after: time)
  }
}

/// What is written to tell how far the work is, and when.
struct ProgressLine {
  let isTerminal: Bool
  /// What the terminal's last line shows.
  var text = ""
  private var written: ContinuousClock.Instant?
  /// How far the work was when it was first told of. It may have been gone on with, which this clock knows nothing of.
  private var begin: (share: Double, at: ContinuousClock.Instant)?
  private var latest = 0.0

  init(isTerminal: Bool) { self.isTerminal = isTerminal }

  /// How often: a terminal's line overwrites itself; a log's lines stay, and work that is done before the first needs none.
  private var interval: Duration { isTerminal ? .milliseconds(100) : .seconds(10) }

  private static let width = 24

  /// What to write now, if anything.
  ///
  /// - Parameter share: how much is done, 0…1.
  mutating func output(_ share: Double, _ words: () -> String, at now: ContinuousClock.Instant) -> String? {
    let share = share.isFinite ? min(max(share, 0), 1) : 0
    // What is less far than before is another work.
    if begin == nil || share < latest { begin = (share, now) }
    latest = share
    guard let last = written else {
      written = now
      return isTerminal ? shown(share, words()) : nil
    }
    guard now - last > interval else { return nil }
    written = now
    let text = words() + left(share, now)
    return isTerminal ? shown(share, text) : "\(Int(100 * share))%: \(text)\n"
  }

  /// How long the rest takes if it goes on like this.
  private func left(_ share: Double, _ now: ContinuousClock.Instant) -> String {
    guard let begin, share > begin.share, share < 1 else { return "" }
    let seconds = (now - begin.at) / .seconds(1) * (1 - share) / (share - begin.share)
    return ", \(Text.clock(seconds)) left"
  }

  private mutating func shown(_ share: Double, _ words: String) -> String {
    let filled = Int(Double(Self.width) * share)
    text =
      String(repeating: "█", count: filled) + String(repeating: "·", count: Self.width - filled) + " " + words
    return "\r\u{1B}[K" + text
  }
}
