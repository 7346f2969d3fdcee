#if Explorer
  import Foundation
  import Hummingbird
  import Testing

  @testable import SaliencyExplorer

  @Suite struct ExplorerGateTests {
    private static let token = "0123456789abcdef0123456789abcdef"

    private func refusal(
      _ path: String, host: String? = "127.0.0.1:4000", _ headers: HTTPFields = [:], method: HTTPRequest.Method = .get
    ) -> String? {
      let head = HTTPRequest(method: method, scheme: "http", authority: host, path: path, headerFields: headers)
      return ExplorerGate(token: Self.token).refusal(
        of: Request(head: head, body: .init(buffer: ByteBuffer())), port: 4000)
    }

    @Test("the page itself passes, under either name of this machine")
    func own() {
      #expect(refusal("/\(Self.token)/maps", method: .post) == nil)
      #expect(
        refusal(
          "/\(Self.token)/maps", host: "LOCALHOST:4000",
          [.origin: "http://localhost:4000", .init("Sec-Fetch-Site")!: "same-origin"], method: .post) == nil)
      #expect(refusal("/\(Self.token)/", [.init("Sec-Fetch-Site")!: "none"]) == nil)
    }

    @Test(
      "others do not: a page elsewhere, a name that was made to point here",
      arguments: [
        [.origin: "https://else.example"], [.origin: "null"], [.origin: "http://127.0.0.1:4001"],
        [.origin: "http://127.0.0.1"], [.init("Sec-Fetch-Site")!: "cross-site"],
        [.init("Sec-Fetch-Site")!: "same-site"], [.init("Host")!: "127.0.0.1:4000"],
      ] as [HTTPFields])
    func strangers(headers: HTTPFields) {
      for method in [HTTPRequest.Method.get, .post] {
        #expect(refusal("/\(Self.token)/", headers, method: method) != nil)
      }
    }

    @Test(
      "nor does who asks another host",
      arguments: ["else.example:4000", "else.example", "127.0.0.1", "127.0.0.1:4001", nil])
    func hosts(host: String?) { #expect(refusal("/\(Self.token)/", host: host) != nil) }

    @Test(
      "without the token nothing is answered",
      arguments: [
        "/", "/\(token)", "/\(token)0/", "/\(token.dropLast())/", "/\(token.dropLast())0/", "//", "/maps",
        "/?\(token)/",
        "\(token)/", "http://127.0.0.1:4000/\(token)/",
      ])
    func tokenless(path: String) { #expect(refusal(path)?.contains("lacks the token") == true) }

    @Test("every server has a token of its own, of 128 bits")
    func random() {
      let tokens = Set((0..<100).map { _ in ExplorerGate().token })
      #expect(tokens.count == 100 && tokens.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }
  }
#endif
