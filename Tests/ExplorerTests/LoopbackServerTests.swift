import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Explorer

@Suite(.serialized) struct LoopbackServerTests {
  private func serving(
    _ limits: LoopbackServer.Limits = .init(),
    _ body: (UInt16) throws -> Void
  ) throws {
    let server = try LoopbackServer(limits: limits)
    server.start { request, response in
      response.answer(200, "text/plain", Data("\(request.method) \(request.path) \(request.body.count)".utf8))
    }
    defer { server.stop() }
    try body(server.port)
  }

  @Test("a request is answered, and what its answer says protects its page")
  func answers() throws {
    try serving { port in
      let answer = try LocalClient.ask(port, "POST /a/b?c=d HTTP/1.1", Data(count: 300_000))
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nPOST /a/b 300000"))
      for header in [
        "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Cross-Origin-Resource-Policy: same-origin",
        "X-Frame-Options: DENY", "Referrer-Policy: no-referrer", "frame-ancestors 'none'",
      ] { #expect(answer.contains(header)) }
    }
  }

  @Test(
    "what is no request is refused",
    arguments: [
      ("GET /", 400), ("nonsense HTTP/1.1", 400), ("GET / HTTP/2", 400), ("GET http://else.example/ HTTP/1.1", 400),
      ("GET / HTTP/1.1\r\nno colon", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b", 400),
      ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2", 400),
      ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked", 411), ("POST / HTTP/1.1\r\nContent-Length: -1", 411),
      ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999", 411),
      ("POST / HTTP/1.1\r\nContent-Length: 99999999999", 413),
      ("GET / HTTP/1.1\r\nA: \(String(repeating: "a", count: 40_000))", 431), ("GET /\u{E9} HTTP/1.1", 400),
    ])
  func refused(head: String, status: Int) throws {
    try serving { port in
      let client = try LocalClient(port: port)
      client.send("\(head)\r\n\r\n".utf8)
      let answer = client.answer()
      client.leave()
      #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains(#""type":"error""#), "\(answer.prefix(200))")
      #expect(try LocalClient.ask(port, "GET /x HTTP/1.1").hasSuffix("GET /x 0"))
    }
  }

  @Test("who does not come to the end of his request is told so, and waits for nobody")
  func slow() throws {
    var limits = LoopbackServer.Limits()
    (limits.headSeconds, limits.bodySeconds) = (0.2, 0.2)
    try serving(limits) { port in
      for text in ["GET / HT", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"] {
        let client = try LocalClient(port: port)
        client.send(text.utf8)
        #expect(client.answer().hasPrefix("HTTP/1.1 408 "))
        client.leave()
      }
    }
  }

  @Test("work for a client that leaves is cancelled")
  func leaving() throws {
    let (begun, cancelled) = (Counter(), Counter())
    let server = try LoopbackServer()
    defer { server.stop() }
    server.start { _, response in
      response.begin(200, "text/plain")
      response.send(Data("first".utf8))
      begun.add()
      do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.add() }
    }
    for number in 1...5 {
      let client = try LocalClient(port: server.port)
      client.send("GET / HTTP/1.1\r\n\r\n".utf8)
      #expect(begun.reaches(number))
      client.leave()
    }
    #expect(cancelled.reaches(5))
  }

  @Test("a thousand quick requests are all answered; a thousand that leave harm nobody")
  func quick() throws {
    let server = try LoopbackServer()
    let answered = Counter()
    server.start { _, response in
      response.answer(200, "text/plain", Data("done".utf8))
    }
    defer { server.stop() }
    let port = server.port
    let done = Counter()
    for part in 0..<4 {
      Thread.detachNewThread {
        for index in 0..<250 {
          if (index + part) % 2 == 0, let client = try? LocalClient(port: port) {
            client.send("GET / HTTP/1.1\r\n\r\n".utf8.prefix(index % 19))
            client.leave()
          }
          if (try? LocalClient.ask(port, "GET / HTTP/1.1"))?.hasSuffix("done") == true { answered.add() }
        }
        done.add()
      }
    }
    #expect(done.reaches(4, seconds: 120))
    #expect(answered.count == 1000)
  }

  @Test("the end waits for what is being done, also for those who left")
  func end() async throws {
    let server = try LoopbackServer()
    defer { server.stop() }
    let (begun, ended) = (Counter(), Counter())
    server.start { _, _ in
      begun.add()
      while !Task.isCancelled { usleep(10_000) }
      usleep(300_000)
      ended.add()
    }
    for stays in [true, false] {
      let client = try LocalClient(port: server.port)
      client.send("GET / HTTP/1.1\r\n\r\n".utf8)
      #expect(begun.reaches(stays ? 1 : 2))
      if !stays { client.leave() }
    }
    await server.end()
    #expect(ended.count == 2)
  }

  @Test("a port that is taken is told")
  func taken() throws {
    let server = try LoopbackServer()
    server.start { _, _ in }
    defer { server.stop() }
    #expect(throws: POSIXError(.EADDRINUSE)) { try LoopbackServer(port: server.port) }
  }
}

/// Counts what happens on several threads.
private final class Counter: Sendable {
  private let value = Mutex(0)
  var count: Int { value.withLock { $0 } }
  func add() { value.withLock { $0 += 1 } }

  /// Waits until there are as many.
  func reaches(_ wanted: Int, seconds: Double = 30) -> Bool {
    let end = Date.now.addingTimeInterval(seconds)
    while count < wanted, Date.now < end { Thread.sleep(forTimeInterval: 0.01) }
    return count >= wanted
  }
}
