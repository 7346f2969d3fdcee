import Foundation
import Testing

@testable import Explorer

@Suite struct ExplorerGateTests {
  private static let token = "0123456789abcdef0123456789abcdef"
  private let gate = ExplorerGate(port: 4000, token: token)

  private func verdict(_ line: String, _ headers: String...) throws -> ExplorerGate.Verdict {
    let head = ([line] + headers).joined(separator: "\r\n")
    return gate.verdict(try #require(HTTPRequest(head: Data(head.utf8))))
  }

  @Test("the page itself passes, under either name of this machine")
  func own() throws {
    let path = "/\(Self.token)/maps"
    #expect(try verdict("POST \(path) HTTP/1.1", "Host: 127.0.0.1:4000") == .passes("maps"))
    #expect(
      try verdict(
        "POST \(path) HTTP/1.1", "Host: LOCALHOST:4000", "Origin: http://localhost:4000", "Sec-Fetch-Site: same-origin")
        == .passes("maps"))
    #expect(
      try verdict("GET /\(Self.token)/ HTTP/1.1", "Host: 127.0.0.1:4000", "Sec-Fetch-Site: none") == .passes(""))
  }

  @Test(
    "others do not: a page elsewhere, a name that was made to point here, who lacks the token",
    arguments: [
      ["Host: 127.0.0.1:4000", "Origin: https://else.example"], ["Host: 127.0.0.1:4000", "Origin: null"],
      ["Host: 127.0.0.1:4000", "Origin: http://127.0.0.1:4001"], ["Host: 127.0.0.1:4000", "Origin: http://127.0.0.1"],
      ["Host: 127.0.0.1:4000", "Sec-Fetch-Site: cross-site"], ["Host: 127.0.0.1:4000", "Sec-Fetch-Site: same-site"],
      ["Host: else.example:4000"], ["Host: else.example"], ["Host: 127.0.0.1"], ["Host: 127.0.0.1:4001"], [],
    ])
  func strangers(headers: [String]) throws {
    for method in ["GET", "POST"] {
      let head = (["\(method) /\(Self.token)/ HTTP/1.1"] + headers).joined(separator: "\r\n")
      let request = try #require(HTTPRequest(head: Data(head.utf8)))
      guard case .refused(403, _) = gate.verdict(request) else {
        Issue.record("\(method) \(headers) passes")
        continue
      }
    }
  }

  @Test(
    "without the token nothing is answered",
    arguments: [
      "/", "/\(token)", "/\(token)0/", "/\(token.dropLast())/", "/\(token.dropLast())0/", "//", "/maps", "/?\(token)/",
    ])
  func tokenless(path: String) throws {
    guard case .refused(403, _) = try verdict("GET \(path) HTTP/1.1", "Host: 127.0.0.1:4000") else {
      Issue.record("\(path) passes")
      return
    }
  }

  @Test("every server has a token of its own, of 128 bits")
  func random() {
    let tokens = Set((0..<100).map { _ in ExplorerGate(port: 1).token })
    #expect(tokens.count == 100 && tokens.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
  }
}
