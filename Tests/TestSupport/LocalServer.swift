import Foundation
import Synchronization

/// An HTTP server on this machine that behaves as badly as a test wants.
public final class LocalServer: Sendable {
  public struct Request: Sendable {
    public let path: String
    /// The first byte that is asked for, if the request says so.
    public let start: Int?
  }

  /// The connection to one client; closed when the handler returns.
  public struct Connection {
    fileprivate let socket: Int32

    /// - Returns: whether the client still takes it.
    @discardableResult public func send(_ data: some Sequence<UInt8>) -> Bool {
      let bytes = Array(data)
      var done = 0
      while done < bytes.count {
        let count = bytes[done...].withUnsafeBytes {
          Foundation.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return false }
        done += count
      }
      return true
    }

    @discardableResult public func send(status: Int, _ headers: String...) -> Bool {
      send("HTTP/1.1 \(status) Status\r\n\(headers.map { $0 + "\r\n" }.joined())Connection: close\r\n\r\n".utf8)
    }

    /// Sends nothing more until the client goes.
    public func stall() {
      var byte: UInt8 = 0
      while recv(socket, &byte, 1, 0) > 0 {}
    }
  }

  private let socket: Int32
  private let port: UInt16
  private let asked = Mutex<[Request]>([])

  /// The requests so far.
  public var requests: [Request] { asked.withLock { $0 } }

  /// - Parameter handler: called for every request, on a thread of its own.
  public init(_ handler: @escaping @Sendable (Request, Connection) -> Void) throws {
    socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 8) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard result else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    Thread.detachNewThread { [weak self] in
      while true {
        let client = accept(socket, nil, nil)
        guard client >= 0 else { return }
        guard let request = Self.readRequest(client) else {
          close(client)
          continue
        }
        self?.asked.withLock { $0.append(request) }
        Thread.detachNewThread {
          handler(request, Connection(socket: client))
          shutdown(client, Int32(SHUT_RDWR))
          close(client)
        }
      }
    }
  }

  deinit {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }

  public func address(_ path: String = "file") -> URL { URL(string: "http://127.0.0.1:\(port)/\(path)")! }

  /// A server that does everything right.
  public static func serving(_ files: [String: Data]) throws -> LocalServer {
    try LocalServer { request, connection in
      guard let data = files[String(request.path.dropFirst())] else {
        connection.send(status: 404, "Content-Length: 0")
        return
      }
      connection.send(rest: data, of: request)
    }
  }

  private static func readRequest(_ client: Int32) -> Request? {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !text.contains("\r\n\r\n") {
      let count = recv(client, &buffer, buffer.count, 0)
      guard count > 0 else { return nil }
      text += String(decoding: buffer[..<count], as: UTF8.self)
    }
    guard let path = text.firstMatch(of: #/^GET (\S+) /#)?.1 else { return nil }
    return Request(path: String(path), start: text.firstMatch(of: #/Range: bytes=(\d+)-/#).flatMap { Int($0.1) })
  }
}

extension LocalServer.Connection {
  /// Answers as HTTP wants it: the whole, or the rest that is asked for.
  ///
  /// - Parameter limit: breaks off after as many bytes.
  public func send(rest data: Data, of request: LocalServer.Request, limit: Int = .max) {
    let start = request.start ?? 0
    guard start < data.count else {
      send(status: 416, "Content-Range: bytes */\(data.count)", "Content-Length: 0")
      return
    }
    let rest = data.dropFirst(start)
    if start > 0 {
      send(
        status: 206, "Content-Length: \(rest.count)", "Content-Range: bytes \(start)-\(data.count - 1)/\(data.count)")
    } else {
      send(status: 200, "Content-Length: \(data.count)")
    }
    send(rest.prefix(limit))
  }
}
