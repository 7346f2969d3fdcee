import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Downloads

@Suite(.slow) struct DownloadTests {
  private let folder: TemporaryFolder
  private var file: URL { folder.file("data.bin") }
  private var part: URL { folder.file("data.bin.part") }

  /// Larger than what a socket's buffers hold at once.
  private static let content: Data = {
    var random = SeededGenerator(seed: 7)
    return Data((0..<125_000).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } })
  }()
  private var content: Data { Self.content }

  init() throws { folder = try TemporaryFolder() }

  private func checksum(of data: Data) throws -> Checksum {
    let url = folder.file("reference")
    try data.write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try Checksum.of(url, .sha256)
  }

  private func download(_ addresses: URL..., limit: Int = 1_100_000, content: Data? = nil) throws -> Download {
    var download = try Download(
      from: addresses, checksum: checksum(of: content ?? self.content), maximumBytes: limit)
    download.pause = .milliseconds(1)
    download.patience = 1
    return download
  }

  /// Expects that what is asked for has come, and nothing beside it.
  private func expectComplete(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try Data(contentsOf: file) == content, sourceLocation: sourceLocation)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["data.bin"],
      sourceLocation: sourceLocation)
  }

  private func failure(_ download: Download) async -> DownloadsError? {
    let error = await #expect(throws: DownloadsError.self) { try await download.fetch(to: file) }
    #expect(!FileManager.default.fileExists(atPath: file.path))
    return error
  }

  @Test func downloads() async throws {
    let server = try LocalServer.serving(["file": content])
    let seen = Mutex<[Int]>([])
    try await download(server.address()).fetch(to: file) { bytes, total in
      #expect(total == 1_000_000)
      seen.withLock { $0.append(bytes) }
    }
    try expectComplete()
    let bytes = seen.withLock { $0 }
    #expect(bytes.last == 1_000_000 && bytes == bytes.sorted())
    #expect(server.requests.map(\.start) == [nil])
  }

  @Test("after a break it goes on where it stopped")
  func breaks() async throws {
    let server = try LocalServer { request, connection in
      connection.send(rest: Self.content, of: request, limit: 400_000)
    }
    try await download(server.address()).fetch(to: file)
    try expectComplete()
    let starts = server.requests.map { $0.start ?? 0 }
    #expect(starts.count >= 3 && starts == starts.sorted() && starts[1] > 0)
  }

  @Test("a server that ignores ranges sends everything anew")
  func ignoresRanges() async throws {
    let count = Mutex(0)
    let server = try LocalServer { _, connection in
      connection.send(status: 200, "Content-Length: \(Self.content.count)")
      connection.send(
        Self.content.prefix(
          count.withLock {
            $0 += 1
            return $0
          } == 1 ? 400_000 : Int.max))
    }
    try await download(server.address()).fetch(to: file)
    try expectComplete()
    #expect(server.requests.count == 2 && server.requests[1].start ?? 0 > 0)
  }

  @Test("a server that ignores ranges and always breaks off has an end")
  func neverComplete() async throws {
    let server = try LocalServer { _, connection in
      connection.send(status: 200, "Content-Length: \(Self.content.count)")
      connection.send(Self.content.prefix(1000))
    }
    let error = try await failure(download(server.address()))
    guard case .broken(server.address(), _) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(error?.localizedDescription.contains("try again later") == true)
    #expect(server.requests.count == 4)
  }

  @Test("a range that does not fit starts anew", arguments: ["206", "416"])
  func oddRange(status: String) async throws {
    let server = try LocalServer { request, connection in
      guard let start = request.start else { return connection.send(rest: Self.content, of: request) }
      if status == "416" {
        connection.send(status: 416, "Content-Length: 0")
      } else {
        connection.send(
          status: 206, "Content-Length: 10", "Content-Range: bytes \(start - 5)-\(start + 4)/\(Self.content.count)")
        connection.send(Data(count: 10))
      }
    }
    try Data(count: 5000).write(to: part)
    try await download(server.address()).fetch(to: file)
    try expectComplete()
    #expect(server.requests.map(\.start) == [5000, nil])
  }

  @Test("what an earlier download left is used", arguments: [1, 400_000, 1_000_000])
  func resumes(bytes: Int) async throws {
    let server = try LocalServer.serving(["file": content])
    try content.prefix(bytes).write(to: part)
    try await download(server.address()).fetch(to: file)
    try expectComplete()
    #expect(server.requests.map(\.start) == [bytes])
  }

  @Test("a wrong checksum is told, and nothing of the file stays")
  func wrongChecksum() async throws {
    let server = try LocalServer.serving(["file": content])
    let other = Data("other".utf8)
    let error = try await failure(download(server.address(), content: other))
    #expect(
      try error
        == .wrongChecksum(
          name: server.address().absoluteString, found: checksum(of: content), expected: checksum(of: other)))
    let message = try #require(error?.localizedDescription)
    #expect(try message.contains(checksum(of: content).hex) && message.contains(checksum(of: other).hex))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
  }

  @Test("an error of the server is told with the address", arguments: [404, 403, 500])
  func refused(status: Int) async throws {
    let server = try LocalServer { _, connection in
      connection.send(status: status, "Content-Length: 9")
      connection.send("not found".utf8)
    }
    let error = try await failure(download(server.address()))
    #expect(error == .refused(address: server.address(), status: status))
    #expect(
      error?.localizedDescription.hasPrefix("\(server.address().absoluteString): the server answers \(status) (")
        == true)
    #expect(server.requests.count == (status == 500 ? 3 : 1))
    #expect((try? Data(contentsOf: part)) ?? Data() == Data())
  }

  @Test("redirections are followed")
  func redirected() async throws {
    let server = try LocalServer { request, connection in
      if request.path == "/file" {
        connection.send(status: 302, "Location: /elsewhere", "Content-Length: 5")
        connection.send("moved".utf8)
      } else {
        connection.send(rest: Self.content, of: request)
      }
    }
    try await download(server.address()).fetch(to: file)
    try expectComplete()
    #expect(server.requests.map(\.path) == ["/file", "/elsewhere"])
  }

  @Test("redirections to files and round in circles are not followed", arguments: ["file:///etc/passwd", "/file"])
  func badRedirection(location: String) async throws {
    let server = try LocalServer { _, connection in
      connection.send(status: 302, "Location: \(location)", "Content-Length: 0")
    }
    let error = try await failure(download(server.address()))
    guard case .unusable = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test("an endless body ends at the limit", arguments: [true, false])
  func endless(says: Bool) async throws {
    let server = try LocalServer { _, connection in
      if says { connection.send(status: 200, "Content-Length: 9000000000000") } else { connection.send(status: 200) }
      while connection.send(Data(count: 65_536)) {}
    }
    let error = try await failure(download(server.address(), limit: 500_000))
    #expect(error == .tooLarge(address: server.address(), limit: 500_000))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
  }

  @Test("a server that stalls counts as one that breaks off")
  func stalls() async throws {
    let server = try LocalServer { request, connection in
      connection.send(rest: Self.content, of: request, limit: request.start == nil ? 400_000 : .max)
      if request.start == nil { connection.stall() }
    }
    try await download(server.address()).fetch(to: file)
    try expectComplete()
    #expect(server.requests.count == 2)
  }

  @Test("cancelled, it leaves what has come")
  func cancelled() async throws {
    let server = try LocalServer { request, connection in
      connection.send(rest: Self.content, of: request, limit: 400_000)
      connection.stall()
    }
    let download = try download(server.address())
    let (begun, announce) = AsyncStream.makeStream(of: Void.self)
    let file = file
    let task = Task { try await download.fetch(to: file) { bytes, _ in if bytes == 400_000 { announce.yield() } } }
    for await _ in begun { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try Data(contentsOf: part) == content.prefix(400_000))
  }

  @Test("the next address is tried, and the first one's error is told")
  func mirrors() async throws {
    let server = try LocalServer { request, connection in
      switch request.path {
      case "/good": connection.send(rest: Self.content, of: request)
      case "/false": connection.send(rest: Data("false".utf8), of: request)
      default: connection.send(status: 404, "Content-Length: 0")
      }
    }
    try await download(server.address("bad"), server.address("false"), server.address("good")).fetch(to: file)
    try expectComplete()
    try FileManager.default.removeItem(at: file)
    let error = try await failure(download(server.address("bad"), server.address("false")))
    #expect(error == .refused(address: server.address("bad"), status: 404))
  }

  @Test("no server")
  func noServer() async throws {
    let address = try LocalServer.serving([:]).address()
    let error = try await failure(download(address))
    #expect(error?.localizedDescription.contains(address.absoluteString) == true)
  }

  @Test("only http and https are spoken")
  func otherProtocols() async throws {
    try content.write(to: folder.file("secret"))
    let error = try await failure(download(folder.file("secret")))
    guard case .unusable = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test("a place that cannot be written to is told")
  func unwritable() async throws {
    let server = try LocalServer.serving(["file": content])
    let error = await #expect(throws: DownloadsError.self) {
      try await download(server.address()).fetch(to: folder.file("none/data.bin"))
    }
    #expect(error?.localizedDescription.contains("none/data.bin.part cannot be written: no such file") == true)
  }
}
