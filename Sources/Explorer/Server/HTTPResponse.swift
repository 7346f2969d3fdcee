import Foundation
import Synchronization

/// An answer on its way: what a handler writes, piece by piece, and the connection's thread sends.
package final class HTTPResponse: Sendable {
  private struct State {
    var pieces: [Data] = []
    var hasBegun = false
    var isFinished = false
  }

  private let state = Mutex(State())
  private let news = DispatchSemaphore(value: 0)
  /// What every answer says: nothing else may be loaded, nobody may frame or keep it.
  static let headers = """
    Cache-Control: no-store\r
    Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r
    Cross-Origin-Opener-Policy: same-origin\r
    Cross-Origin-Resource-Policy: same-origin\r
    Referrer-Policy: no-referrer\r
    X-Content-Type-Options: nosniff\r
    X-Frame-Options: DENY\r
    Connection: close\r\n
    """

  /// Begins the answer, which ends when the connection does.
  ///
  /// - Parameter policy: the content security policy of a page; nil: nothing may be done with the content.
  package func begin(_ status: Int, _ type: String, policy: String? = nil) {
    var headers = Self.headers
    if let policy {
      headers = headers.replacing(
        #/Content-Security-Policy: [^\r]*/#, with: "Content-Security-Policy: \(policy); frame-ancestors 'none'")
    }
    let isFirst = state.withLock { state in
      defer { state.hasBegun = true }
      return !state.hasBegun
    }
    if isFirst {
      send(Data("HTTP/1.1 \(status) \(Self.reason(status))\r\nContent-Type: \(type)\r\n\(headers)\r\n".utf8))
    }
  }

  package func send(_ piece: Data) {
    state.withLock { $0.pieces.append(piece) }
    news.signal()
  }

  package func send(_ message: any ExplorerMessage) throws {
    send(Data((try ExplorerPage.json(message) + "\n").utf8))
  }

  /// The whole answer.
  package func answer(_ status: Int, _ type: String, _ content: Data, policy: String? = nil) {
    begin(status, type, policy: policy)
    send(content)
  }

  /// What is wrong, as every other message; with its status if nothing has been sent yet.
  package func fail(_ status: Int, _ message: String) {
    begin(status, "application/x-ndjson")
    try? send(ErrorMessage(message: message))
  }

  func finish() {
    state.withLock { $0.isFinished = true }
    news.signal()
  }

  enum Next {
    case piece(Data)
    case nothing, end
  }

  /// What is to be sent next; waits no longer than `seconds`.
  func next(within seconds: Double) -> Next {
    _ = news.wait(timeout: .now() + seconds)
    return state.withLock { state in
      if !state.pieces.isEmpty { return .piece(state.pieces.removeFirst()) }
      return state.isFinished ? .end : .nothing
    }
  }

  private static func reason(_ status: Int) -> String {
    [
      200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
      408: "Request Timeout", 411: "Length Required", 413: "Content Too Large",
      431: "Request Header Fields Too Large",
    ][status] ?? "Error"
  }
}
