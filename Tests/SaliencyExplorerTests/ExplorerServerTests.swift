#if Explorer
  import Explorer
  import Foundation
  import Synchronization
  import TestSupport
  import Testing

  @testable import SaliencyExplorer

  @Suite(.serialized) struct ExplorerServerTests {
    private static let token = "0123456789abcdef0123456789abcdef"
    private static let get = "GET /\(token)/ HTTP/1.1"
    private static let post = "POST /\(token)/ask HTTP/1.1"

    /// Answers every question by a closure.
    private struct Site: ExplorerSite {
      let policy = "default-src 'none'; img-src data:"
      var work: @Sendable (Data, @escaping ExplorerSession.Tell) async throws -> Void = { body, tell in
        try tell(ErrorMessage(message: "\(body.count) bytes"))
      }

      func page() -> Data { Data(repeating: UInt8(ascii: "a"), count: 600_000) }

      func answer(
        _ question: String, named name: String?, _ body: Data, _ tell: @escaping ExplorerSession.Tell
      ) async throws { try await work(body, tell) }
    }

    private func serving(
      _ site: Site = Site(), _ limits: ExplorerServer.Limits = .init(), _ body: (UInt16) async throws -> Void
    ) async throws {
      let server = ExplorerServer(site, token: Self.token, limits: limits)
      let (ports, source) = AsyncStream<UInt16>.makeStream()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          defer { source.finish() }
          do {
            try await server.run { source.yield(UInt16($0.port ?? 0)) }
          } catch is CancellationError {}
        }
        for await port in ports {
          try await body(port)
          group.cancelAll()
        }
        try await group.waitForAll()
      }
    }

    @Test("the page is answered, and what its answer says protects it")
    func page() async throws {
      try await serving { port in
        let answer = try LocalClient.ask(port, Self.get)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n" + String(repeating: "a", count: 600_000)))
        for header in [
          "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Cross-Origin-Resource-Policy: same-origin",
          "X-Frame-Options: DENY", "Referrer-Policy: no-referrer", "Content-Length: 600000",
          "Content-Security-Policy: default-src 'none'; img-src data:; frame-ancestors 'none'\r\n",
        ] { #expect(answer.contains(header)) }
        for (head, status) in [
          ("GET /\(Self.token)/else HTTP/1.1", 404), ("PUT /\(Self.token)/ HTTP/1.1", 404), ("GET / HTTP/1.1", 403),
          ("GET /\(Self.token) HTTP/1.1", 403), ("GET /\(Self.token)/ HTTP/1.1\r\nOrigin: http://else.example", 403),
        ] {
          let answer = try LocalClient.ask(port, head)
          #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains(#""type":"error""#), "\(answer)")
          #expect(answer.contains("default-src 'none'; frame-ancestors 'none'"))
        }
      }
    }

    @Test("messages are sent as they are told, and what goes wrong is the last of them")
    func messages() async throws {
      let goOn = AsyncStream<Void>.makeStream()
      let site = Site { body, tell in
        try tell(ErrorMessage(message: "first of \(body.count)"))
        for await _ in goOn.stream { break }
        throw ExplorerError.unknownPicture
      }
      try await serving(site) { port in
        let client = try LocalClient(port: port)
        defer { client.leave() }
        client.send(
          "\(Self.post)\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc".utf8)
        #expect(client.answer(until: "}\n\r\n").contains(#"{"message":"first of 3","type":"error"}"#))
        goOn.continuation.yield()
        #expect(client.answer().contains("this picture is no longer in memory; open it again"))
      }
    }

    @Test(
      "what is no request is not answered as one, and harms nobody",
      arguments: [
        "GET /", "nonsense HTTP/1.1", "GET /\(token)/ HTTP/9", "GET http://else.example/ HTTP/1.1",
        "GET /\(token)/ HTTP/1.1\r\nno colon", "GET /\(token)/ HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nHost: b",
        "\(post)\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 1\r\nContent-Length: 2",
        "\(post)\r\nHost: 127.0.0.1:PORT\r\nContent-Length: -1",
        "\(post)\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 99999999999999999999",
        "\(get)\r\nHost: 127.0.0.1:PORT\r\nA: \(String(repeating: "a", count: 400_000))", "GET /\u{E9} HTTP/1.1",
      ])
    func broken(head: String) async throws {
      var limits = ExplorerServer.Limits()
      limits.idleSeconds = 0.5
      try await serving(Site(), limits) { port in
        let client = try LocalClient(port: port)
        client.send("\(head.replacing("PORT", with: "\(port)"))\r\nConnection: close\r\n\r\n".utf8)
        let answer = client.answer()
        client.leave()
        #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"), "\(answer.prefix(200))")
        #expect(try LocalClient.ask(port, Self.get).hasPrefix("HTTP/1.1 200 "))
      }
    }

    @Test("what is too large is refused before it has been sent, and who sends it all the same is left")
    func large() async throws {
      var limits = ExplorerServer.Limits()
      limits.pictureBytes = 3 << 20
      try await serving(Site(), limits) { port in
        let head = "POST /\(Self.token)/pictures HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        let client = try LocalClient(port: port)
        client.send("\(head)Content-Length: 2000000000\r\n\r\n".utf8)
        #expect(client.answer(until: "}\n").contains("the file is larger than the limit of 3 MB"))
        // For ever, if the server lets it.
        let part = [UInt8](repeating: 0, count: 1 << 20)
        while client.send(part) {}
        client.leave()

        // Who does not say how much it is, is refused as soon as it is too much.
        let silent = try LocalClient(port: port)
        silent.send("\(head)Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n".utf8)
        for _ in 0..<4 { silent.send(Data("100000\r\n".utf8) + part + Data("\r\n".utf8)) }
        #expect(silent.answer().contains("the file is larger than the limit of 3 MB"))
        silent.leave()

        // As much as may be passes.
        let whole = try LocalClient.ask(port, "POST /\(Self.token)/pictures HTTP/1.1", Data(count: 3 << 20))
        #expect(whole.contains("\(3 << 20) bytes"))
      }
    }

    @Test("no more than two pictures are looked at at once")
    func uploads() async throws {
      let running = Counter()
      let site = Site { _, _ in
        running.add()
        try await Task.sleep(for: .milliseconds(50))
        running.add(-1)
      }
      try await serving(site) { port in
        let done = Counter()
        for _ in 0..<6 {
          Thread.detachNewThread {
            _ = try? LocalClient.ask(port, "POST /\(Self.token)/pictures HTTP/1.1", Data(count: 10))
            done.add()
          }
        }
        #expect(done.reaches(6))
        #expect(running.most == 2)
      }
    }

    @Test("who does not come to the end of a request, or does not take the answer, is left")
    func slow() async throws {
      var limits = ExplorerServer.Limits()
      (limits.idleSeconds, limits.bodySeconds, limits.sendSeconds) = (0.3, 0.3, 0.3)
      let cancelled = Counter()
      let site = Site { _, tell in
        let message = ErrorMessage(message: String(repeating: "a", count: 1 << 20))
        for _ in 0..<100 { try tell(message) }
        do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.add() }
      }
      try await serving(site, limits) { port in
        let start = ContinuousClock.now
        let head = "\(Self.post)\r\nHost: 127.0.0.1:\(port)\r\n"
        for text in ["", "GET / HT", "\(head)Content-Length: 10\r\n\r\nabc"] {
          let client = try LocalClient(port: port)
          client.send(text.utf8)
          #expect(client.answer() == "")
          client.leave()
        }
        let client = try LocalClient(port: port)
        client.send("\(head)Content-Length: 0\r\n\r\n".utf8)
        #expect(cancelled.reaches(1))
        client.leave()
        #expect(ContinuousClock.now - start < .seconds(20))
      }
    }

    @Test("more connections than are allowed wait, and idle ones give way")
    func connections() async throws {
      var limits = ExplorerServer.Limits()
      (limits.connections, limits.idleSeconds) = (4, 0.5)
      try await serving(Site(), limits) { port in
        let idle = try (0..<20).map { _ in try LocalClient(port: port) }
        #expect(try LocalClient.ask(port, Self.get).hasPrefix("HTTP/1.1 200 "))
        for client in idle { client.leave() }
      }
    }

    @Test("work for a client that leaves is cancelled")
    func leaving() async throws {
      let (begun, cancelled) = (Counter(), Counter())
      let site = Site { _, tell in
        try tell(ErrorMessage(message: "first"))
        begun.add()
        do { try await Task.sleep(for: .seconds(60)) } catch { cancelled.add() }
      }
      try await serving(site) { port in
        for number in 1...5 {
          let client = try LocalClient(port: port)
          client.send("\(Self.post)\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: 0\r\n\r\n".utf8)
          #expect(begun.reaches(number))
          client.leave()
        }
        #expect(cancelled.reaches(5))
      }
    }

    @Test("a thousand quick requests are all answered; a thousand that leave harm nobody")
    func quick() async throws {
      try await serving { port in
        let (answered, done) = (Counter(), Counter())
        for part in 0..<4 {
          Thread.detachNewThread {
            for index in 0..<250 {
              if (index + part) % 2 == 0, let client = try? LocalClient(port: port) {
                client.send("\(Self.get)\r\n\r\n".utf8.prefix(index % 60))
                client.leave()
              }
              if (try? LocalClient.ask(port, Self.post))?.contains("0 bytes") == true { answered.add() }
            }
            done.add()
          }
        }
        #expect(done.reaches(4, seconds: 120))
        #expect(answered.count == 1000)
      }
    }

    @Test("the end waits for what is being done, also for those who left")
    func end() async throws {
      let (begun, ended) = (Counter(), Counter())
      let site = Site { _, _ in
        begun.add()
        while !Task.isCancelled { usleep(10_000) }
        usleep(300_000)
        ended.add()
      }
      try await serving(site) { port in
        for stays in [true, false] {
          let client = try LocalClient(port: port)
          client.send("\(Self.post)\r\nHost: 127.0.0.1:\(port)\r\nContent-Length: 0\r\n\r\n".utf8)
          #expect(begun.reaches(stays ? 1 : 2))
          if !stays { client.leave() }
        }
      }
      #expect(ended.count == 2)
    }

    @Test("a port that is taken is told")
    func taken() async throws {
      try await serving { port in
        await #expect(throws: POSIXError(.EADDRINUSE)) { try await ExplorerServer(Site()).run(port: port) { _ in } }
      }
    }
  }

  /// Counts what happens on several threads.
  private final class Counter: Sendable {
    private let state = Mutex((count: 0, most: 0))
    var count: Int { state.withLock(\.count) }
    var most: Int { state.withLock(\.most) }

    func add(_ number: Int = 1) {
      state.withLock {
        $0.count += number
        $0.most = max($0.most, $0.count)
      }
    }

    /// Waits until there are as many.
    func reaches(_ wanted: Int, seconds: Double = 30) -> Bool {
      let end = Date.now.addingTimeInterval(seconds)
      while count < wanted, Date.now < end { Thread.sleep(forTimeInterval: 0.01) }
      return count >= wanted
    }
  }
#endif
