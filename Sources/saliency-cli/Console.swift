import ArgumentParser
import Dispatch
import Foundation

/// What the commands print beside their results: all of it goes to standard error.
enum Console {
  static let isTerminal = isatty(STDERR_FILENO) == 1

  static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }

  static func note(_ text: String) { write((isTerminal ? "\r\u{1B}[K" : "") + text + "\n") }

  static func warn(_ text: String) { note("Warning: \(text)") }

  static func error(_ text: String) { note("Error: \(text)") }

  /// A line that overwrites itself; nothing where standard error is not a terminal.
  static func progress(_ done: Int, of total: Int, _ text: String) {
    guard isTerminal else { return }
    let width = 24
    let filled = total > 0 ? width * done / total : width
    let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled)
    write("\r\u{1B}[K\(bar) \(done)/\(total)  \(text)")
  }

  /// Removes the progress line.
  static func clearProgress() { if isTerminal { write("\r\u{1B}[K") } }

  /// `3:07` or `1:02:40`.
  static func clock(_ seconds: Double) -> String {
    let total = max(0, Int(seconds.rounded()))
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    return hours > 0 ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
  }
}

/// Runs `body`; Ctrl-C or a request to end cancels it, so that it can finish what must not stay half done, and the program
/// then ends with the code 130. A second Ctrl-C ends it at once.
func interruptibly(_ body: @escaping @Sendable () async throws -> Void) async throws {
  let task = Task { try await body() }
  let sources = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number)
    source.setEventHandler {
      if task.isCancelled { _exit(130) }
      task.cancel()
    }
    source.resume()
    return source
  }
  defer { for source in sources { source.cancel() } }
  do { try await task.value } catch is CancellationError {
    Console.note("Interrupted.")
    throw ExitCode(130)
  }
}
