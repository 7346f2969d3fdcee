import Foundation

/// Who may ask: a page that came from this server, under the address that was printed where the program was started.
///
/// Other pages in the same browser know neither the token nor may they read an answer; a name that somebody makes point to this
/// machine (DNS rebinding) is not this server's; other users of the machine know no token.
package struct ExplorerGate: Sendable {
  /// 128 random bits.
  package let token: String
  private let hosts: Set<String>

  package init(port: UInt16, token: String? = nil) {
    var random = SystemRandomNumberGenerator()
    self.token = token ?? (0..<2).map { _ in String(format: "%016lx", random.next() as UInt64) }.joined()
    hosts = ["127.0.0.1:\(port)", "localhost:\(port)"]
  }

  /// Where the page is.
  package func address(port: UInt16) -> String { "http://127.0.0.1:\(port)/\(token)/" }

  package enum Verdict: Sendable, Equatable {
    /// What is asked for: the path behind the token.
    case passes(String)
    case refused(Int, String)
  }

  package func verdict(_ request: HTTPRequest) -> Verdict {
    guard let host = request.headers["host"]?.lowercased(), hosts.contains(host) else {
      return .refused(403, "this server answers under 127.0.0.1 alone")
    }
    let origins = hosts.map { "http://\($0)" }
    if let origin = request.headers["origin"], !origins.contains(origin.lowercased()) {
      return .refused(403, "pages of other origins may not ask")
    }
    if let site = request.headers["sec-fetch-site"], !["same-origin", "none"].contains(site) {
      return .refused(403, "pages of other sites may not ask")
    }
    let parts = request.path.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, isToken(parts[0]) else {
      return .refused(403, "the address lacks the token; take the one that saliency explore printed")
    }
    guard ["GET", "POST"].contains(request.method) else {
      return .refused(405, "there is no \(request.method.prefix(10)) here")
    }
    return .passes(String(parts[1]))
  }

  /// In the same time, however much of it is right.
  private func isToken(_ text: Substring) -> Bool {
    let (given, own) = (Array(text.utf8), Array(token.utf8))
    guard given.count == own.count else { return false }
    return zip(given, own).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
